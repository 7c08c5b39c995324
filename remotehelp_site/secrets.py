"""The secrets of one embedded install: made once, kept in files of their own, never a default."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def secret_of_this_install(folder: Path) -> str:
    """The install's secret key; made on first use, readable by its owner only."""
    return _kept(folder / "secret_key", lambda: secrets.token_urlsafe(64))


def signing_key_of_this_install(folder: Path) -> str:
    """The key (RSA, PEM) that signs what the device app is told of who signed in; kept in the same way."""
    return _kept(folder / "signing_key.pem", _new_signing_key)


def _new_signing_key() -> str:
    # Only the first start needs this, and it is not cheap to import.
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _kept(path: Path, make: Callable[[], str]) -> str:
    """What the file holds, made if it is not there.

    Two processes that start at once agree: the file is linked into place whole, and the first wins.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its secret is the one
        finally:
            draft.unlink()
    return path.read_text().strip()
