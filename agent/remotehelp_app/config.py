"""What the app keeps in a file: the site's address and the person's choices. Secrets are in the system keyring only."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


def folder() -> Path:
    """Where this person's settings are (XDG Base Directory; on Windows the roaming application data)."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home()), "Remote Help")
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "remotehelp")


@dataclass(slots=True)
class Config:
    """`account` names the sign-in in the keyring; empty while nobody is signed in."""

    server: str = ""
    account: str = ""

    @classmethod
    def load(cls) -> Config:
        """What was kept; a file that cannot be read counts as none."""
        try:
            found: Any = json.loads((folder() / "app.json").read_text())
        except (OSError, ValueError):
            return cls()
        if not isinstance(found, dict):
            return cls()
        known = {
            name: found[name] for name in ("server", "account") if isinstance(found.get(name), str)
        }
        return cls(**known)

    def save(self) -> None:
        """Put into place whole, readable by this person only."""
        folder().mkdir(parents=True, exist_ok=True)
        draft = folder() / f".app.json.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=2))
        draft.replace(folder() / "app.json")
