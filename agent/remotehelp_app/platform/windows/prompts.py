"""Which windows ask for a privilege (S7): told by the program that they belong to, and by their class.

UAC asks on the secure desktop, unless an administrator has had that turned off: no program of the person's can see it or
type into it, so it is never captured, and a helper never sees it; that would take a service of the system's, which does
not exist here. What is told apart here are questions on the person's own desktop: UAC without the secure desktop, and
programs that ask for passwords. Never run: UAC itself, in either form. Not told apart: `runas` in a console, which is text.
"""

from __future__ import annotations

import re
from typing import Final

# Names of programs, in lower case and without `.exe`. One that only calls itself so is hidden too: that harms nobody.
_PROGRAMS: Final = re.compile(
    r"^(consent|credentialuibroker|credwiz|pinentry.*|ssh-askpass.*|.*-askpass|gcr-prompter)$"
)
_CLASSES: Final = re.compile(r"^(\$\$\$secure uap .*|credential dialog xaml host)$")


def is_prompt(program: str, window_class: str) -> bool:
    """Whether the window asks for a privilege, or says that it does."""
    name = program.replace("\\", "/").rsplit("/", 1)[-1].lower().removesuffix(".exe")
    return bool(_PROGRAMS.match(name) or _CLASSES.match(window_class.lower()))
