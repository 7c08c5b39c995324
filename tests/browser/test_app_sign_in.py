"""The device app's sign-in as a person sees it: under the site's own policies, in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.browser.steps import axe_finds_nothing

pytestmark = pytest.mark.browser

CLIENT = "remotehelp-app"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Listener(HTTPServer):
    """What the app has on the loopback address while somebody signs in."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__(("127.0.0.1", 0), _Callback)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/callback"


class _Callback(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        if self.path.startswith("/callback"):
            self.server.heard.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"Signed in. You can close this page.")

    def log_message(self, *parts: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.shutdown()
    made.server_close()


def _asked(url: str, body: dict[str, str]) -> dict[str, Any]:
    with urlopen(url, urlencode(body).encode(), timeout=20) as answer:  # noqa: S310
        return dict(json.load(answer))


def _me(site: Any, token: str) -> dict[str, Any]:
    request = Request(f"{site.url}/api/v1/me/", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    with urlopen(request, timeout=20) as answer:  # noqa: S310
        return dict(json.load(answer))


def test_the_app_signs_in_through_the_browser_and_hears_on_its_loopback_address(
    desk, site, helper_browser, listener
):
    """The redirect after the consent would be held back by `form-action`; the page in between is not."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": listener.address,
        "scope": "openid help",
        "state": "st4te",
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    page = desk.page(helper_browser, "sharer")
    page.goto(f"/identity/o/authorize?{urlencode(query)}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to the Remote Help app?")
    axe_finds_nothing(page)
    page.get_by_role("button", name="Sign in").click()
    until(lambda: listener.heard, "the app hears of the sign-in")

    said = parse_qs(urlsplit(listener.heard[0]).query)
    assert said["state"] == ["st4te"]
    got = _asked(
        f"{site.url}/identity/o/api/token",
        {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "code": said["code"][0],
            "redirect_uri": listener.address,
            "code_verifier": verifier,
        },
    )
    assert _me(site, got["access_token"])["email"] == site.people["sharer"]["sign_in"]


def test_the_app_signs_in_by_a_code_that_is_typed_on_a_phone(desk, site, helper_browser):
    begun = _asked(f"{site.url}/identity/o/api/device/code", {"client_id": CLIENT, "scope": "help"})
    page = desk.page(helper_browser, "sharer", viewport={"width": 360, "height": 740})
    page.goto(begun["verification_uri"])
    axe_finds_nothing(page)
    page.get_by_label("Code from the app").fill(begun["user_code"].replace("-", "").lower())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text(begun["user_code"])).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The app is signed in")
    axe_finds_nothing(page)

    got = _asked(
        f"{site.url}/identity/o/api/token",
        {"grant_type": DEVICE_GRANT, "client_id": CLIENT, "device_code": begun["device_code"]},
    )
    assert _me(site, got["access_token"])["email"] == site.people["sharer"]["sign_in"]
