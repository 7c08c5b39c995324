"""Which device app this site hands out: the one package that it was built with (docs/decisions/app-from-the-site.md)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

# As a wheel is named (PyPA, binary distribution format). Installers take the version from it.
_NAME = re.compile(r"\Aremotehelp_agent-(?P<version>[0-9][0-9A-Za-z.+!]{0,60})-py3-none-any\.whl\Z")


@dataclass(frozen=True, slots=True)
class AppPackage:
    name: str
    version: str
    size: int
    sha256: str
    path: Path


@lru_cache(maxsize=4)
def _read(path: Path, changed_at: int, size: int) -> AppPackage | None:
    found = _NAME.match(path.name)
    if found is None:
        return None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return AppPackage(path.name, found["version"], size, digest, path)


def app_package() -> AppPackage | None:
    """The package, or None where this site was built without one."""
    try:
        (path,) = Path(settings.REMOTEHELP_APP_DIR).glob("*.whl")
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (ValueError, OSError):  # none, or more than one: nobody can say which is right
        return None
