"""Build hook: compiles the translations, and packs them, the templates and the device app into the wheel."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
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
        self._pack_app(version, build_data)
        if version == "editable":
            return  # a checkout reads its own folders
        for name in ("templates", "locale"):
            if (folder := Path(self.root, name)).is_dir():
                build_data["force_include"][str(folder)] = f"remotehelp_site/_data/{name}"

    def _pack_app(self, version: str, build_data: dict[str, Any]) -> None:
        """The site hands out the device app that it was built with; in a checkout it lies in `_data`, too."""
        agent = Path(self.root, "agent")
        if self.target_name != "wheel" or not agent.is_dir():
            return
        from hatchling.builders.wheel import WheelBuilder

        self._built = Path(tempfile.mkdtemp(prefix="remotehelp-app-"))
        (wheel,) = WheelBuilder(str(agent)).build(directory=str(self._built), versions=["standard"])
        if version == "editable":
            place = Path(self.root, "remotehelp_site", "_data", "app")
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            shutil.copy(wheel, place)
        else:
            inside = f"remotehelp_site/_data/app/{Path(wheel).name}"
            build_data["force_include"][str(wheel)] = inside

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if built := getattr(self, "_built", None):
            shutil.rmtree(built)
