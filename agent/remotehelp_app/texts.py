"""The app's words. English stands in the code; the catalogues are the site's own (`locale/`), packed into the wheel."""

from __future__ import annotations

import gettext as _gettext
import locale
import os
from pathlib import Path

_PACKED = Path(__file__).parent / "locale"
_CHECKOUT = Path(__file__).resolve().parents[2] / "locale"
_translations: _gettext.NullTranslations = _gettext.NullTranslations()


def choose_language(code: str = "") -> None:
    """Speak this language, else the one of the desktop, else English."""
    global _translations  # noqa: PLW0603 one language for one process
    wanted = [code] if code else _of_the_desktop()
    folder = _PACKED if _PACKED.is_dir() else _CHECKOUT
    _translations = _gettext.translation("django", folder, wanted, fallback=True)


def _of_the_desktop() -> list[str]:
    named = [os.environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    found = [
        part for name in named for part in name.split(":") if part and part not in ("C", "POSIX")
    ]
    return found or [name for name in [locale.getlocale()[0]] if name]


def gettext(message: str) -> str:
    return _translations.gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return _translations.ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    return _translations.pgettext(context, message)
