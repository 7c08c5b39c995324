"""The secret of one embedded install: made once, kept in its own file, never a default."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_of_this_install(folder: Path) -> str:
    """The install's secret key; made on first use, readable by its owner only.

    Two processes that start at once agree: the file is linked into place whole, and the first wins.
    """
    path = folder / "secret_key"
    if not path.exists():
        draft = folder / f".secret_key.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its secret is the one
        finally:
            draft.unlink()
    return path.read_text().strip()
