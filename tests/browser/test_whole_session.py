"""The main job, as two people do it (S1-S4, S6, S9, S10, M2, D5)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Desk
from tests.browser.marker import Marker
from tests.browser.steps import ask_to_view, axe_finds_nothing, enter_code, get_code, until_seen

pytestmark = pytest.mark.browser


def test_a_helper_sees_the_sharers_live_screen_and_both_know_how_it_ended(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer", no_viewport=True, viewport=None)
    helper_name = desk.site.people["helper"]["name"]
    sharer_name = desk.site.people["sharer"]["name"]

    code = get_code(helper)
    axe_finds_nothing(helper)
    # An address that can be reloaded.
    expect(helper).to_have_url(re.compile(r"/sessions/[0-9a-f-]{36}/$"))
    # As it is read out on the telephone: small letters, a space in the middle.
    enter_code(sharer, f"{code[:4]} {code[4:]}".lower())

    # Both see who the other is (S3).
    for page, name in ((helper, sharer_name), (sharer, helper_name)):
        card = page.locator("[data-trust-card]")
        expect(card).to_contain_text(name)
        expect(card).to_contain_text("Contoso Oy")
        expect(card).to_contain_text("contoso.example, verified")
        axe_finds_nothing(page)
    # Full control is not on offer for a browser, and the page says why.
    closed = helper.locator("[data-offer-closed]")
    expect(closed).to_contain_text("Full control")
    expect(closed).to_contain_text("device app")

    ask_to_view(helper)
    expect(
        sharer.get_by_role("heading", name=f"{helper_name} wants to see your screen")
    ).to_be_visible()
    axe_finds_nothing(sharer)
    axe_finds_nothing(helper)
    sharer.get_by_role("button", name="Allow", exact=True).click()

    # The picture is live: every change of the marker arrives (S6).
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)):
        marker.colour(*colour)
        until_seen(helper, marker, colour)
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    expect(sharer.locator("body[data-state=active]")).to_be_attached()
    expect(helper.locator("[data-path]")).to_contain_text("Direct")

    # The remote screen takes at least 85 % of the window.
    share = helper.evaluate(
        """() => { const r = document.querySelector("[data-screen]").getBoundingClientRect();
                   return r.width * r.height / (innerWidth * innerHeight); }"""
    )
    assert share >= 0.85

    # Chat goes both ways (S10).
    helper.get_by_role("button", name="Chat").click()
    helper.get_by_label("Message", exact=True).fill("It is the printer, isn't it? <b>ä€日本</b>")
    helper.get_by_label("Message", exact=True).press("Enter")
    sharer.get_by_role("button", name="Chat").click()
    expect(sharer.get_by_role("log")).to_contain_text("It is the printer, isn't it? <b>ä€日本</b>")
    sharer.get_by_label("Message", exact=True).fill("Yes, again.")
    sharer.get_by_role("button", name="Send").click()
    expect(helper.get_by_role("log")).to_contain_text("Yes, again.")
    axe_finds_nothing(helper)
    axe_finds_nothing(sharer)

    # Either leaves; both pages say who ended it (S9).
    sharer.get_by_role("button", name="Leave").click()
    expect(sharer.get_by_role("heading", name="You ended the session.")).to_be_visible()
    expect(helper.get_by_role("heading", name=f"{sharer_name} ended the session.")).to_be_visible()
    expect(helper.locator("video")).to_have_count(0)
    axe_finds_nothing(helper)
    axe_finds_nothing(sharer)

    # The record stands at once, for both (M2, M3).
    for page, other in ((helper, sharer_name), (sharer, helper_name)):
        page.goto("/reports/sessions/")
        row = page.get_by_role("row").filter(has_text=other).first
        expect(row).to_contain_text("View screen")
        expect(row).to_contain_text("Browser")
        axe_finds_nothing(page)
