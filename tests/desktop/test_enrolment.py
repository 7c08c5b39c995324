"""Enrolling as a person does it, and what is said of a token that is refused (D1)."""

from __future__ import annotations

import subprocess

import pytest

from tests.desktop.desk import APP
from tests.desktop.steps import enrol, make_token, sign_in

pytestmark = pytest.mark.desktop


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
