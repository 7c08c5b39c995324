"""The app's words. English stands in the code; the catalogues are the site's own (`locale/`), packed into the wheel."""

from __future__ import annotations

import gettext as _gettext
import locale
import os
import sys
from pathlib import Path
from typing import Final

_PACKED = Path(__file__).parent / "locale"
_CHECKOUT = Path(__file__).resolve().parents[2] / "locale"
_DOMAIN: Final = "django"
# Where a person says which language they like, as every program of their desktop reads it (GNU gettext, 2.3).
_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
# Languages whose catalogue goes by another name.
_KNOWN_AS: Final = {"no": "nb", "nn": "nb", "pt": "pt_PT"}
_translations: _gettext.NullTranslations = _gettext.NullTranslations()


def gettext(message: str) -> str:
    return _translations.gettext(message)


def gettext_noop(message: str) -> str:
    """Marks a message that is looked up elsewhere."""
    return message


def ngettext(one: str, many: str, number: int) -> str:
    return _translations.ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    return _translations.pgettext(context, message)


# What argparse says by itself. It asks Python's own gettext for it, which `choose_language` points to our catalogue.
OF_ARGPARSE: Final = (
    gettext_noop("usage: "),
    gettext_noop("options"),
    gettext_noop("positional arguments"),
    gettext_noop("show this help message and exit"),
    gettext_noop("%(prog)s: error: %(message)s\n"),
    gettext_noop("argument %(argument_name)s: %(message)s"),
    gettext_noop("unrecognized arguments: %s"),
    gettext_noop("expected one argument"),
    gettext_noop("invalid choice: %(value)r (choose from %(choices)s)"),
    gettext_noop("invalid %(type)s value: %(value)r"),
)


def choose_language() -> None:
    """Speak the language that the person's desktop says; English where it says none that we have."""
    global _translations  # noqa: PLW0603 one language for one process
    folder = _PACKED if _PACKED.is_dir() else _CHECKOUT
    wanted = _wanted()
    _translations = _gettext.translation(_DOMAIN, folder, wanted, fallback=True)
    if language() != "en":
        _gettext.bindtextdomain(_DOMAIN, str(folder))
        _gettext.textdomain(_DOMAIN)


def language() -> str:
    """The language spoken now, as HTTP names it (RFC 5646)."""
    return _translations.info().get("language", "en").replace("_", "-")


def _of_the_system() -> str:
    """Where no variable says it. Python's own name for a locale of Windows is none that we know."""
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return locale.getlocale()[0] or ""


def _wanted() -> list[str]:
    """The first variable that says anything counts, and in it what stands before English: English we always have."""
    said = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    wanted: list[str] = []
    for name in said.split(":") if said else [_of_the_system()]:
        code = name.partition(".")[0].partition("@")[0]
        short = code.partition("_")[0].lower()
        if short in ("en", "c", "posix"):
            break
        wanted += [name, _KNOWN_AS.get(short, "")]
    return [name for name in wanted if name]
