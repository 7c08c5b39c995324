"""A site that says more than the person at the device allowed: the device believes the person (S5, S7)."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.browser.steps import PIXEL, near
from tests.desktop.desk import APP
from tests.desktop.forged import FORGE, KEEP_CHANNELS, what_came_before_is_there
from tests.desktop.lying import lying_site
from tests.desktop.programs import prompt
from tests.desktop.steps import go_live, introduce, point_at, sign_in

pytestmark = pytest.mark.desktop
LIVE = ("connecting", "active")
HIDDEN = (0x50, 0x50, 0x50)
NOT_GIVEN = "the site claims a consent that was not given on this device"


@pytest.fixture
def lying(site):
    with lying_site(site.url) as made:
        yield made


def log_of(device) -> str:
    done = subprocess.run(
        [str(APP), "log"], env=device.env, capture_output=True, text=True, check=True
    )
    return done.stdout


def full_control(told):
    """As if the person had allowed that."""
    return told | {"state": "connecting", "kind": "full_control", "consented_kind": "full_control"}


def test_a_consent_that_nobody_gave_shares_nothing(desk, helper_browser, device, lying):
    sign_in(device, desk, helper_browser, server=lying.url)
    helper = desk.page(helper_browser, "helper")
    introduce(device, helper)
    lying.lie = full_control
    helper.get_by_role("button", name="Full control").click()
    device.reads("The session has ended")
    expect(helper.locator("[data-ended]")).to_be_visible()
    assert NOT_GIVEN in log_of(device)
    assert "allowed: full control" not in log_of(device)


def test_a_kind_that_is_widened_by_the_answer_to_the_consent_shares_nothing(
    desk, helper_browser, device, lying
):
    sign_in(device, desk, helper_browser, server=lying.url)
    helper = desk.page(helper_browser, "helper")
    introduce(device, helper)
    lying.lie = lambda told: full_control(told) if told["state"] in LIVE else told
    helper.get_by_role("button", name="View screen").click()
    device.press("Allow")
    device.reads("The session has ended")
    assert NOT_GIVEN in log_of(device)


def test_a_kind_that_is_widened_later_moves_nothing(desk, helper_browser, device, lying):
    sign_in(device, desk, helper_browser, server=lying.url)
    helper = desk.page(helper_browser, "helper")
    helper.add_init_script(KEEP_CHANNELS)
    go_live(device, helper, "View screen")
    target = device.target(0, 200, 1280, 600)
    lying.lie = lambda told: full_control(told) | {"state": "active"}
    lying.told.clear()
    lying.cut()
    until(lambda: lying.told, "the device has heard it")
    device.reads("Hanna Korhonen sees this screen")
    assert helper.evaluate(FORGE) == "open"
    what_came_before_is_there(device, helper)
    assert target.events("down", "key down", "move") == []
    assert device.keys_down() == []


def test_an_elevation_that_only_the_site_grants_shows_no_prompt(
    desk, helper_browser, device, lying
):
    sign_in(device, desk, helper_browser, server=lying.url)
    helper = desk.page(helper_browser, "helper")
    go_live(device, helper, "Full control")
    typed = prompt(device, "pinentry-test")
    inside = (420, 400)
    until(lambda: near(helper.evaluate(PIXEL, [*inside, 1280]), HIDDEN), "the prompt is hidden")
    lying.lie = lambda told: told | {"elevation": "granted", "was_elevated": True}
    lying.told.clear()
    lying.cut()
    until(lambda: lying.told, "the device has heard it")
    helper.mouse.click(*point_at(helper, *inside))
    helper.keyboard.type("secret")
    helper.keyboard.press("Enter")
    what_came_before_is_there(device, helper)
    assert near(helper.evaluate(PIXEL, [*inside, 1280]), HIDDEN)
    assert typed() == ""
    assert "Elevation" not in log_of(device)
