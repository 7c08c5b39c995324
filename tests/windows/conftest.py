"""The windows lane: the device app's Windows parts, run by a Windows Python under Wine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import (  # noqa: F401 fixtures are found by name
    Desk,
    Site,
    chromium,
    desk,
    helper_browser,
    site,
    turn,
)
from tests.desktop.desk import x_server
from tests.windows.machine import Machine, Program, machine, prefix, two_monitors
from tests.windows.steps import Device


@pytest.fixture(scope="session")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with prefix(tmp_path_factory.mktemp("windows")) as env:
        yield env


@pytest.fixture(scope="module")
def pc(windows: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with x_server() as display, machine(windows, tmp_path_factory.mktemp("pc"), display) as made:
        yield made


@pytest.fixture(scope="module")
def wide_pc(windows: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """With two monitors."""
    folder = tmp_path_factory.mktemp("wide")
    with two_monitors() as display, machine(windows, folder, display) as made:
        yield made


@pytest.fixture(scope="module")
def parts(wide_pc: Machine) -> Program:
    return wide_pc.program("parts")


@pytest.fixture
def device(windows: dict[str, str], tmp_path: Path) -> Iterator[Device]:
    with x_server() as display, machine(windows, tmp_path, display) as made:
        made.forget_app()
        yield Device(made)
