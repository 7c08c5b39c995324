"""The files that let a stranger run and test the project say what is true."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)(?:\s*;.*)?$")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.startswith("#")]
    found = {}
    for line in lines:
        pin = PIN.match(line)
        assert pin, f"{lock}: {line!r} is no pinned package"
        found[normal(pin[1])] = pin[2]
    return found


def uv_lock() -> dict[str, dict[str, object]]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return {normal(package["name"]): package for package in packages}


@pytest.mark.parametrize("lock", LOCKS)
def test_pip_installs_the_very_versions_of_the_uv_lock(lock: str):
    """After `uv lock`: make locks."""
    locked = uv_lock()
    for name, version in pins(lock).items():
        assert locked[name]["version"] == version, f"{name}: run `make locks`"


def test_the_locks_hold_what_the_project_asks_for():
    project = uv_lock()["remotehelp"]
    direct = {normal(d["name"]) for d in project["dependencies"]}  # type: ignore[attr-defined]
    groups = project["dev-dependencies"]
    dev = {normal(d["name"]) for group in groups.values() for d in group}  # type: ignore[attr-defined]
    # The device app is not locked but ours; what it asks for is.
    dev.remove("remotehelp-agent")
    dev |= {normal(d["name"]) for d in uv_lock()["remotehelp-agent"]["dependencies"]}  # type: ignore[attr-defined]
    assert direct <= pins("requirements.lock").keys()
    assert direct | dev <= pins("requirements-dev.lock").keys()
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def imports_at_run_time(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        yield from imports_at_run_time(node)


def test_the_site_runs_on_what_is_installed_to_run_it():
    """A package of the tools alone would be missing in `make demo` and in production."""
    installed = pins("requirements.lock").keys()
    of_module = packages_distributions()
    for path in [*ROOT.glob("apps/**/*.py"), *ROOT.glob("remotehelp_site/**/*.py")]:
        for module in imports_at_run_time(ast.parse(path.read_text())):
            top = module.partition(".")[0]
            if top in sys.stdlib_module_names or top in ("apps", "remotehelp_site"):
                continue
            names = {normal(name) for name in of_module[top]}
            assert names & installed, f"{path.relative_to(ROOT)} imports {module}"


def test_make_lists_every_target_that_there_is():
    made = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = set(re.findall(r"^make (\w+)", made.stdout, re.MULTILINE))
    declared = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert listed == set(declared[1].split())
    assert {"demo", "test", "lint", "bench", "help"} <= listed


def test_the_procfile_has_each_process_once_and_starts_commands_that_exist():
    lines = (ROOT / "Procfile").read_text().splitlines()
    processes = dict(line.split(": ", 1) for line in lines)
    assert list(processes) == ["release", "web", "worker", "beat"]
    for command in processes.values():
        for part in command.split(" && "):
            assert (Path(sys.executable).parent / part.split()[0]).is_file(), part


@pytest.mark.parametrize("script", [".ci/run", "deploy/venv.sh", "tests/packages.sh"])
def test_scripts_can_be_run_and_are_well_formed(script: str):
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text().splitlines()[0].split("/")[-1].split()[-1]
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0
    assert re.search(r"^set -eu", path.read_text(), re.MULTILINE)


def test_every_variable_of_the_settings_is_told_to_operators():
    settings = ROOT.glob("remotehelp_site/settings/*.py")
    told = (ROOT / "docs" / "operators.md").read_text()
    for path in settings:
        if path.stem == "test":
            continue
        for name in re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', path.read_text()):
            assert f"`{name}`" in told, f"docs/operators.md lacks {name} of {path.name}"
