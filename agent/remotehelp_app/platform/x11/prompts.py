"""Which windows ask for a privilege (S7): told by the program that they belong to, and by their class.

What cannot be told: a shell that draws the question itself (GNOME's own dialog is a part of the screen, not a
window), and `sudo` in a terminal, whose question is text like any other. docs/sharers.md says so to people.
"""

from __future__ import annotations

import re
from typing import Final

from remotehelp_app.platform.interfaces import Window

# Names of programs and of window classes, in lower case. A window that only claims to be one of them is hidden
# too: that harms nobody.
_NAMES: Final = re.compile(
    r"""
    ^(
      polkit-.*authentication-agent.* | polkit-gnome.* | polkit-mate.* | mate-polkit.* | lxpolkit | lxqt-policykit.* |
      xfce-polkit.* | xfce4-polkit.* | polkit-kde.* | ukui-polkit.* | dde-polkit.* | soteria | pantheon-agent-polkit.* |
      org\.kde\.polkit.* | policykit.* |
      pkexec | gksu.* | kdesu.* | kdesudo | lxqt-sudo | lxsudo | lxsu | sux | xdg-su | beesu | ktsuss |
      ssh-askpass.* | x11-ssh-askpass | ksshaskpass | lxqt-openssh-askpass | gnome-ssh-askpass.* | .*-askpass | askpass.* |
      pinentry.* | gcr-prompter | gcr4?-ssh-askpass | org\.gnome\.keyring.* | kwalletd?\d?.*
    )$
    """,
    re.VERBOSE,
)


def is_prompt(window: Window) -> bool:
    """Whether the window asks for a privilege, or says that it does."""
    program = window.program.rsplit("/", 1)[-1].removesuffix(" (deleted)")
    names = (program, *window.classes)
    return any(_NAMES.match(name.lower()) for name in names if name)
