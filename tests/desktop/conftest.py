"""The desktop lane: the device app on a real X server, a real site, and helpers in real Chromium browsers."""

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
from tests.desktop.desk import Desktop, desktop
from tests.desktop.far import far_desk, far_helper, place, whole_place  # noqa: F401


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Desktop]:
    with desktop(tmp_path) as made:
        yield made
