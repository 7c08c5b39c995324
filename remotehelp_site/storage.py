"""Static files under names that carry a hash of their content, so that browsers may keep them forever."""

from __future__ import annotations

from whitenoise.storage import (  # type: ignore[import-untyped]
    CompressedManifestStaticFilesStorage,
)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites `import "./x.js"` in our modules, so that a module never meets an older neighbour."""

    support_js_module_import_aggregation = True
