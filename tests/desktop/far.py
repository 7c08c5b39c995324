"""A real session whose device lies beyond a network that fails on demand: all of its picture goes through a `Line`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Desk, Site, Turn, demo_site
from tests.browser.marker import Marker
from tests.browser.steps import until_seen
from tests.desktop.desk import Desktop
from tests.desktop.steps import go_live, sign_in
from tests.network import Line, Network, Way, Wire, network

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]


@dataclass
class Place:
    """A site whose only relay lies beyond the line, so that a device that may only relay is beyond it too. Such a
    device reaches the site by the wire; everybody else does not notice the network.
    """

    site: Site
    network: Network
    line: Line
    wire: Wire

    @property
    def way(self) -> Way:
        return self.network.way

    @property
    def server(self) -> str:
        """The site as the device finds it."""
        return f"http://127.0.0.1:{self.wire.port}"


@contextmanager
def beyond(turn: Turn, folder: Path) -> Iterator[Place]:
    host, _colon, port = turn.url.removeprefix("turn:").partition(":")
    with network() as made:
        line = made.line((host, int(port)))
        with demo_site(folder, turn, f"turn:127.0.0.1:{line.port}") as site:
            wire = made.wire(("127.0.0.1", urlsplit(site.url).port or 80))
            yield Place(site, made, line, wire)


@pytest.fixture(scope="module")
def whole_place(turn: Turn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with beyond(turn, tmp_path_factory.mktemp("lossy")) as made:
        yield made


@pytest.fixture
def place(whole_place: Place) -> Place:
    """The way as good as new."""
    whole_place.network.way.__dict__.update(vars(Way()))
    return whole_place


@pytest.fixture
def far_desk(place: Place) -> Iterator[Desk]:
    made = Desk(place.site)
    yield made
    made.close()


@pytest.fixture
def far_helper(place: Place, far_desk: Desk, helper_browser: Browser, device: Desktop) -> Page:
    """With the device's screen before them, through the line."""
    sign_in(device, far_desk, helper_browser, server=place.server, options=["--relay-only"])
    page = far_desk.page(helper_browser, "helper")
    go_live(device, page, "Full control")
    return page


def picture_follows(device: Desktop, helper: Page, changes: int) -> None:
    marker = Marker(device.display, from_right=260, y=300, edge=200)
    for turn in range(changes):
        colour = COLOURS[turn % len(COLOURS)]
        marker.colour(*colour)
        until_seen(helper, marker, colour)
    marker.close()
