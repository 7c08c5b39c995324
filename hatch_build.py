"""Build hook: compiles the translations, and packs them and the templates into the wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueBuildHook(BuildHookInterface):  # type: ignore[misc]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # By path, because importing the package would need Celery, which a build does not have.
        path = Path(self.root, "remotehelp_site", "catalogues.py")
        spec = importlib.util.spec_from_file_location("catalogues", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        catalogues = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(catalogues)
        locale = Path(self.root, "locale")
        catalogues.compile_catalogues(locale)
        if version == "editable":
            return  # a checkout reads its own folders
        for name in ("templates", "locale"):
            if (folder := Path(self.root, name)).is_dir():
                build_data["force_include"][str(folder)] = f"remotehelp_site/_data/{name}"
