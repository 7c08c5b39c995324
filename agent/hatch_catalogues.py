"""Build hook: packs the translations into the wheel, compiled, and only the app's own messages.

In a checkout they come from the site's catalogues (`../locale`); an sdist carries its own share of them, so that a
wheel can be made of it anywhere.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FUNCTIONS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def messages_of(package: Path) -> set[tuple[str, str]]:
    """What the app says, each as its context and its (first) text."""
    found: set[tuple[str, str]] = set()
    for path in sorted(package.rglob("*.py")):
        with path.open("rb") as source:
            for _line, said, _comments, context in extract("python", source, _FUNCTIONS):
                found.add((context or "", said if isinstance(said, str) else said[0]))
    return found


def share_of(catalogue: Catalog, wanted: set[tuple[str, str]]) -> Catalog:
    """The same catalogue with those messages alone."""
    share = Catalog(locale=catalogue.locale, header_comment="# Of the Remote Help device app.")
    share.mime_headers = catalogue.mime_headers
    for message in catalogue:
        text = message.id if isinstance(message.id, str) else message.id[0]
        if text and not message.fuzzy and (message.context or "", text) in wanted:
            share[message.id] = message
    return share


class CatalogueBuildHook(BuildHookInterface):  # type: ignore[misc]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # a checkout reads the site's folder
        own, sites = Path(self.root, "locale"), Path(self.root).parent / "locale"
        source = own if own.is_dir() else sites
        if not source.is_dir():
            self.app.display_warning("There are no translations to pack: the app speaks English.")
            return
        self._drafts = Path(tempfile.mkdtemp(prefix="remotehelp-app-"))
        is_sdist = self.target_name == "sdist"
        target = "locale" if is_sdist else "remotehelp_app/locale"
        wanted = messages_of(Path(self.root, "remotehelp_app"))
        for po in sorted(source.glob("*/LC_MESSAGES/django.po")):
            inside = po.relative_to(source).with_suffix(".po" if is_sdist else ".mo")
            draft = self._drafts / inside
            draft.parent.mkdir(parents=True)
            with po.open("rb") as text:
                share = share_of(read_po(text), wanted)
            with draft.open("wb") as packed:
                write = write_po if is_sdist else write_mo
                write(packed, share)
            build_data["force_include"][str(draft)] = f"{target}/{inside}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if drafts := getattr(self, "_drafts", None):
            shutil.rmtree(drafts)
