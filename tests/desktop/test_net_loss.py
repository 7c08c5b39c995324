"""A real session over a network that loses, delays and narrows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.desktop.desk import Desktop
from tests.desktop.far import Place, picture_follows
from tests.desktop.steps import click_and_type

pytestmark = pytest.mark.desktop
A, B, C, D = 38, 56, 54, 40  # X keycodes


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
    loss: float, trip: float, place: Place, far_helper: Page, device: Desktop
) -> None:
    place.way.loss, place.way.trip = loss, trip
    carried = place.line.there.carried
    picture_follows(device, far_helper, changes=12)
    assert place.line.there.carried > carried + 2_000  # it does go through the line
    keys_arrive(device, far_helper, "abcd" * 8)
    far_helper.get_by_role("button", name="Chat").click()
    far_helper.get_by_role("textbox", name="Message").fill("Can you hear me?")
    far_helper.get_by_role("button", name="Send").click()
    device.find("push button", "Chat (1 new)")
    expect(far_helper.get_by_text("Direct")).to_be_hidden()
    expect(far_helper.locator("body[data-state=active]")).to_be_attached()
