"""Enrolling as a person does it, and what a device says that is not welcome (D1, T2)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.desktop.desk import APP, desktop
from tests.desktop.steps import device_page, enrol, make_token, sign_in

pytestmark = pytest.mark.desktop


@contextmanager
def no_keyring(env: dict[str, str]) -> Iterator[None]:
    yield


def said_by(device) -> str:
    """All that the app has written anywhere: its terminal and the device's own log."""
    done = subprocess.run(
        [str(APP), "log"], env=device.env, capture_output=True, text=True, check=True
    )
    return str(done.stdout + (device.folder / "app.log").read_text())


def test_a_token_that_is_refused_says_what_to_do_and_is_written_down_nowhere(
    desk, helper_browser, device
):
    admin = desk.page(helper_browser, "tenant_admin")
    token = make_token(admin, uses="1")
    sign_in(device, desk, helper_browser)
    device.press("Enrol this device")
    device.fill("Enrolment token", "rhe_of-nobody-at-all")
    device.press("Enrol")
    device.reads("This enrolment token is not valid.")
    device.reads("Copy the whole token, from rhe_ to its end.")
    device.press("Not now")
    device.find("text", "Security code")
    enrol(device, token)
    said = said_by(device)
    assert "wrong_token" in said
    assert "rhe_" not in said


def test_a_device_that_was_removed_says_so_stops_and_comes_back_when_it_may(
    desk, helper_browser, device
):
    admin = desk.page(helper_browser, "tenant_admin")
    token = make_token(admin)
    app = sign_in(device, desk, helper_browser)
    enrol(device, token)
    device_page(admin)
    admin.get_by_role("link", name="Remove from Remote Help").click()
    admin.get_by_role("button", name="Remove the device").click()
    device.reads("This device was removed from Remote Help")

    app.terminate()
    app.wait(20)
    device.start_app("--server", desk.site.url)
    device.reads("This device was removed from Remote Help")
    device.press("Ask again")
    device.reads("This device was removed from Remote Help")
    admin.get_by_role("button", name="Let the device come back").click()
    device.press("Ask again")
    device.find("text", "Security code")
    enrol(device, token)


def test_without_a_keyring_the_person_is_told_that_nothing_is_remembered(
    desk, helper_browser, tmp_path
):
    with desktop(tmp_path, keyring=no_keyring) as device:
        app = sign_in(device, desk, helper_browser)
        device.reads("This system has no keyring, so nothing is remembered")
        app.terminate()
        app.wait(20)
        device.start_app("--server", desk.site.url)
        device.find("push button", "Sign in")
        device.reads("This system has no keyring, so nothing is remembered")
