"""Compiles translations: every `.po` becomes the `.mo` beside it, so that no gettext is needed to run.

Shared by the build hook and by `remotehelp compilemessages`; imports nothing of the site.
"""

from __future__ import annotations

import os
from pathlib import Path


def _is_stale(po: Path, mo: Path) -> bool:
    return not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns


def compile_catalogues(folder: Path, *, only_stale: bool = False) -> list[Path]:
    """Compile every catalogue below `folder`; gives the `.mo` files that were written.

    A file is put into place whole, so a process that reads it meanwhile never sees half of one.
    """
    written: list[Path] = []
    for po in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if only_stale and not _is_stale(po, mo):
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with po.open("rb") as source:
            catalogue = read_po(source)
        draft = mo.with_name(f".{mo.name}.{os.getpid()}")
        with draft.open("wb") as target:
            write_mo(target, catalogue)
        draft.replace(mo)
        written.append(mo)
    return written
