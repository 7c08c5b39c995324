"""A real session over a network that loses, delays and narrows: all of the picture goes through a `Line`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, Site, Turn, demo_site, until
from tests.browser.marker import Marker
from tests.browser.steps import until_seen
from tests.desktop.desk import Desktop
from tests.desktop.steps import click_and_type, go_live, sign_in
from tests.network import Line, Network, Way, network

pytestmark = pytest.mark.desktop
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]
A, B, C, D = 38, 56, 54, 40  # X keycodes


@dataclass
class Place:
    """A site whose only relay lies beyond the line, so that a device that may only relay is beyond it too."""

    site: Site
    network: Network
    line: Line

    @property
    def way(self) -> Way:
        return self.network.way


@pytest.fixture(scope="module")
def whole_place(turn: Turn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("lossy")
    host, _colon, port = turn.url.removeprefix("turn:").partition(":")
    with network() as made:
        line = made.line((host, int(port)))
        with demo_site(folder, turn, f"turn:127.0.0.1:{line.port}") as site:
            yield Place(site, made, line)


@pytest.fixture
def place(whole_place: Place) -> Place:
    """The way as good as new."""
    whole_place.network.way.__dict__.update(vars(Way()))
    return whole_place


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    made = Desk(place.site)
    yield made
    made.close()


@pytest.fixture
def helper(desk: Desk, helper_browser: Browser, device: Desktop) -> Page:
    """With the device's screen before them, through the line."""
    sign_in(device, desk, helper_browser, options=["--relay-only"])
    page = desk.page(helper_browser, "helper")
    go_live(device, page, "Full control")
    return page


def picture_follows(device: Desktop, helper: Page, changes: int) -> None:
    marker = Marker(device.display, from_right=260, y=300, edge=200)
    for turn in range(changes):
        colour = COLOURS[turn % len(COLOURS)]
        marker.colour(*colour)
        until_seen(helper, marker, colour)
    marker.close()


def keys_arrive(device: Desktop, helper: Page, word: str) -> None:
    """Each key once, in order, and none stays down."""
    target = click_and_type(device, helper)
    before = len(target.events("key down"))
    for key in word:
        helper.keyboard.press(key)
    until(lambda: len(target.events("key up")) == before + len(word), "the keys arrive")
    codes = {"a": A, "b": B, "c": C, "d": D}
    assert [e["detail"] for e in target.events("key down")][before:] == [codes[k] for k in word]
    until(lambda: device.keys_down() == [], "no key is held")


@pytest.mark.parametrize(("loss", "trip"), [(0.02, 0.05), (0.05, 0.2)])
def test_picture_keys_and_chat_stay_usable(
    loss: float, trip: float, place: Place, helper: Page, device: Desktop
) -> None:
    place.way.loss, place.way.trip = loss, trip
    carried = place.line.there.carried
    picture_follows(device, helper, changes=12)
    assert place.line.there.carried > carried + 10_000  # it does go through the line
    keys_arrive(device, helper, "abcd" * 8)
    helper.get_by_role("button", name="Chat").click()
    helper.get_by_role("textbox", name="Message").fill("Can you hear me?")
    helper.get_by_role("button", name="Send").click()
    device.find("push button", "Chat (1 new)")
    expect(helper.get_by_text("Direct")).to_be_hidden()
    expect(helper.locator("body[data-state=active]")).to_be_attached()
