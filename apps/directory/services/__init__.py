"""Every write of the directory's own: imports. People and groups themselves are written by the tenants' services."""

from apps.directory.services.imports import (
    AT_ONCE,
    MOST_KEPT,
    ImportBusyError,
    ImportFaultyError,
    apply_import,
    begin_applying,
    begin_import,
    check_import,
    drop_import,
    forget_imports,
    go_on_with_imports,
    progress_of,
)

__all__ = [
    "AT_ONCE",
    "MOST_KEPT",
    "ImportBusyError",
    "ImportFaultyError",
    "apply_import",
    "begin_applying",
    "begin_import",
    "check_import",
    "drop_import",
    "forget_imports",
    "go_on_with_imports",
    "progress_of",
]
