"""Whether the database is there and up to date, asked quickly and answered in one line."""

from __future__ import annotations

import copy
import pkgutil
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import load_backend

CONNECT_WITHIN = 5


def find_fault() -> str:
    """Why the database cannot be reached, or nothing.

    Asked without the pool: a pool tries again in silence and hides the reason.
    """
    settings_of: dict[str, Any] = copy.deepcopy(connections.settings["default"])
    options = settings_of.get("OPTIONS", {})
    options.pop("pool", None)
    if settings_of["ENGINE"].endswith("postgresql"):
        options["connect_timeout"] = CONNECT_WITHIN
    probe = load_backend(settings_of["ENGINE"]).DatabaseWrapper(settings_of, "default")
    try:
        with probe.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        lines = str(error).strip().splitlines()
        return lines[0] if lines else type(error).__name__
    finally:
        probe.close()
    return ""


def _migrations_on_disk() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for config in apps.get_app_configs():
        module, _explicit = MigrationLoader.migrations_module(config.label)
        spec = find_spec(module) if module and find_spec(module.rpartition(".")[0]) else None
        if spec is None:
            continue
        names = pkgutil.iter_modules(list(spec.submodule_search_locations or ()))
        found |= {(config.label, m.name) for m in names if not m.ispkg and m.name[0] not in "_~"}
    return found


def unapplied_migrations() -> list[str]:
    """The migrations on disk that the database has not seen, by name alone.

    Building the whole graph takes half a second; listing folders takes a few milliseconds, and a
    superfluous answer only costs one `migrate` that has nothing to do.
    """
    applied = set(MigrationRecorder(connection).applied_migrations())
    return sorted(f"{app}.{name}" for app, name in _migrations_on_disk() - applied)


def migrate_if_needed() -> bool:
    """Bring the database up to date; True when there was something to do."""
    if not unapplied_migrations():
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True
