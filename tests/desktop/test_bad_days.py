"""A keyring that is locked, and a device that was removed and is let back: what the person reads, and what stays shut."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.desktop.desk import desktop, open_keyring
from tests.desktop.steps import device_page, enrol, introduce, make_token, sign_in

pytestmark = pytest.mark.desktop


@contextmanager
def locked_keyring(env: dict[str, str]) -> Iterator[None]:
    """A keyring that its person has locked; nobody is there to be asked for its password."""
    with open_keyring(env):
        subprocess.run(
            [
                *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets"),
                *("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"),
                "array:objpath:/org/freedesktop/secrets/collection/login",
            ],
            env=env,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield


def test_with_a_locked_keyring_help_is_had_and_nothing_is_remembered(
    desk, helper_browser, tmp_path
):
    with desktop(tmp_path, keyring=locked_keyring) as device:
        app = sign_in(device, desk, helper_browser)
        device.reads("The system's keyring is locked, so nothing is remembered.")
        helper = desk.page(helper_browser, "helper")
        introduce(device, helper)
        helper.get_by_role("button", name="Leave").click()
        device.reads("The session has ended")
        app.terminate()
        app.wait(20)
        device.start_app("--server", desk.site.url)
        # Nothing was kept, so nobody is signed in.
        device.find("push button", "Sign in")


def test_a_removed_device_is_shut_out_until_it_is_let_back_and_enrols_anew(
    desk, helper_browser, device
):
    admin = desk.page(helper_browser, "tenant_admin")
    first, second = make_token(admin, uses="1"), make_token(admin, uses="1")
    app = sign_in(device, desk, helper_browser)
    enrol(device, first)

    device_page(admin)
    here = admin.url
    admin.get_by_role("link", name="Remove from Remote Help").click()
    admin.get_by_role("button", name="Remove the device").click()
    # The app is told while it runs, and a new start does not help.
    device.reads("This device was removed from Remote Help")
    device.press("Ask again")
    device.reads("This device was removed from Remote Help")
    app.terminate()
    app.wait(20)
    device.start_app("--server", desk.site.url)
    device.reads("This device was removed from Remote Help")

    admin.goto(here)
    expect(admin.get_by_text("Removed from Remote Help")).to_be_visible()
    admin.get_by_role("button", name="Let the device come back").click()
    device.press("Ask again")
    device.find("text", "Security code")
    # Let back is not enrolled: for that it needs a token again.
    enrol(device, second)
    admin.goto(here)
    expect(admin.get_by_text("Connected: ")).to_be_visible()
