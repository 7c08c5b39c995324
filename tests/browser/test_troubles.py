"""What goes wrong between two people, and what their pages say then."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, until
from tests.browser.marker import Marker
from tests.browser.steps import (
    ask_to_view,
    axe_finds_nothing,
    enter_code,
    get_code,
    go_live,
    introduce,
    until_seen,
)

pytestmark = pytest.mark.browser


def test_a_sharer_who_cancels_the_choice_is_told_and_may_try_again_or_decline(
    desk: Desk, helper_browser: Browser, denying_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(denying_browser, "sharer")
    introduce(helper, sharer)
    ask_to_view(helper)
    sharer.get_by_role("button", name="Allow", exact=True).click()
    problem = sharer.get_by_role("alert").filter(has_text="permission was denied")
    expect(problem).to_be_visible()
    axe_finds_nothing(sharer)
    # Nothing was consented to: the helper still waits.
    expect(helper.locator("body[data-state=requested]")).to_be_attached()
    sharer.get_by_role("button", name="Decline the request").click()
    expect(helper.get_by_text("declined the request.")).to_be_visible()
    axe_finds_nothing(helper)
    # The helper may ask again, twice; the third refusal ends it (S4).
    for _ in range(2):
        ask_to_view(helper)
        sharer.get_by_role("button", name="Decline the request").click()
        expect(helper.locator("body:not([data-state=requested])")).to_be_attached()
    expect(helper.get_by_role("heading", name="The sharer declined the request.")).to_be_visible()
    expect(sharer.locator("[data-ended]")).to_be_visible()


def test_a_closed_window_can_be_shared_again(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    # What the browser does when the shared window is closed.
    sharer.evaluate(
        """() => { const video = window.seen.streams.at(-1).getVideoTracks()[0];
                   video.stop(); video.dispatchEvent(new Event("ended")); }"""
    )
    expect(sharer.get_by_text("The shared window was closed")).to_be_visible()
    expect(helper.get_by_text("stopped showing the screen")).to_be_visible()
    axe_finds_nothing(sharer)
    axe_finds_nothing(helper)
    sharer.get_by_role("button", name="Share again").click()
    marker.colour(255, 0, 255)
    until_seen(helper, marker, (255, 0, 255))
    expect(helper.get_by_text("stopped showing the screen")).to_be_hidden()
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.get_by_role("heading", name="ended the session")).to_be_visible()


CAPTURES = """window.seen.streams.flatMap((stream) => stream.getTracks())
    .filter((track) => track.readyState === "live").length"""


def test_consent_that_does_not_arrive_leaves_nothing_captured(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    introduce(helper, sharer)
    ask_to_view(helper)
    sharer.route("**/allow/", lambda route: route.abort())
    sharer.get_by_role("button", name="Allow", exact=True).click()
    until(lambda: sharer.evaluate("window.seen.streams.length") == 1, "a screen was chosen")
    until(lambda: sharer.evaluate(CAPTURES) == 0, "the screen is not captured any more")
    sharer.unroute("**/allow/")
    sharer.get_by_role("button", name="Allow", exact=True).click()
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    assert sharer.evaluate(CAPTURES) == 1
    sharer.get_by_role("button", name="Leave").click()
    expect(helper.locator("[data-ended]")).to_be_visible()
    until(lambda: sharer.evaluate(CAPTURES) == 0, "the screen is not captured any more")


def test_a_sharer_who_leaves_shows_nothing_though_the_site_cannot_be_told(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    """S9."""
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    sharer.route("**/leave/", lambda route: route.abort())
    sharer.get_by_role("button", name="Leave").click()
    expect(sharer.get_by_text("sharing was stopped")).to_be_visible()
    assert sharer.evaluate(CAPTURES) == 0
    expect(helper.get_by_text("stopped showing the screen")).to_be_visible()
    sharer.unroute("**/leave/")
    sharer.get_by_role("button", name="Leave").click()
    expect(helper.get_by_role("heading", name="ended the session")).to_be_visible()


def test_a_sharer_who_signed_out_elsewhere_is_led_away_from_the_live_page(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    address = sharer.url
    other_tab = sharer.context.new_page()
    other_tab.goto("/")
    other_tab.get_by_role("button", name="Sign out").click()
    expect(other_tab.locator("input[name=password]")).to_be_visible()
    other_tab.close()
    sharer.get_by_role("button", name="Leave").click()
    # The page goes, and the picture with it; signing in leads back to the session.
    expect(sharer.locator("input[name=password]")).to_be_visible()
    assert f"next={address.removeprefix(desk.site.url)}" in sharer.url
    expect(helper.get_by_text("The connection is interrupted")).to_be_visible()
    helper.get_by_role("button", name="Leave").click()
    expect(helper.locator("[data-ended]")).to_be_visible()


def test_a_reloaded_page_of_either_side_comes_back_into_the_session(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    helper.reload()
    marker.colour(255, 128, 0)
    until_seen(helper, marker, (255, 128, 0))
    sharer.reload()
    sharer.get_by_role("button", name="Share again").click()
    marker.colour(0, 128, 255)
    until_seen(helper, marker, (0, 128, 255))
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    sharer.get_by_role("button", name="Leave").click()
    expect(helper.get_by_role("heading", name="ended the session")).to_be_visible()


def test_a_broken_network_is_bridged_without_a_new_code(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    # The site is out of reach for the helper; the picture goes from page to page and stays.
    helper.context.set_offline(True)
    helper.evaluate("window.seen.sockets.at(-1).close()")
    expect(helper.get_by_text("connection to the site is interrupted")).to_be_visible()
    marker.colour(200, 0, 100)
    until_seen(helper, marker, (200, 0, 100))
    helper.context.set_offline(False)
    expect(helper.get_by_text("connection to the site is interrupted")).to_be_hidden()
    # The path between the pages breaks without a word: the sharer notices, mends, then begins anew.
    helper.evaluate("window.seen.peers.at(-1).close()")
    marker.colour(0, 200, 100)
    until_seen(helper, marker, (0, 200, 100))
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.get_by_role("heading", name="ended the session")).to_be_visible()


def test_a_second_tab_takes_over_and_the_first_one_says_so(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    introduce(helper, sharer)
    second = helper.context.new_page()
    second.goto(helper.url)
    expect(helper.get_by_role("heading", name="open in another tab")).to_be_visible()
    axe_finds_nothing(helper)
    expect(second.locator("[data-trust-card]")).to_be_visible()
    helper.get_by_role("button", name="Use it here instead").click()
    expect(second.get_by_role("heading", name="open in another tab")).to_be_visible()
    ask_to_view(helper)
    expect(sharer.get_by_role("button", name="Decline the request")).to_be_visible()
    sharer.get_by_role("button", name="Decline the request").click()
    expect(helper.get_by_text("declined the request.")).to_be_visible()
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.get_by_role("heading", name="ended the session")).to_be_visible()


def test_two_sessions_run_at_the_same_time(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    """D5."""
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    other_tab = helper.context.new_page()
    other_sharer = desk.page(sharer_browser, "second_sharer")
    go_live(other_tab, other_sharer)
    marker.colour(90, 200, 250)
    for page in (helper, other_tab):
        until_seen(page, marker, (90, 200, 250))
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.locator("[data-ended]")).to_be_visible()
    # The other one goes on.
    marker.colour(250, 90, 90)
    until_seen(other_tab, marker, (250, 90, 90))
    other_sharer.get_by_role("button", name="Leave").click()
    expect(other_tab.locator("[data-ended]")).to_be_visible()


def switch_remote_help(operator: Page, *, is_on: bool) -> None:
    operator.goto("/admin/tenants/tenant/")
    operator.get_by_role("link", name="Contoso Oy").click()
    operator.get_by_role("checkbox", name="Remote help", exact=True).set_checked(is_on)
    operator.get_by_role("button", name="Save", exact=True).click()
    expect(operator.get_by_text("was changed successfully")).to_be_visible()


def test_a_tenant_switched_off_mid_way_ends_its_sessions_and_both_read_why(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    """T1."""
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    operator = desk.page(helper_browser, "site_operator")
    go_live(helper, sharer)
    switch_remote_help(operator, is_on=False)
    try:
        for page in (helper, sharer):
            expect(page.locator("[data-ended]")).to_contain_text("switched remote help off")
        # And nobody gets a new one started: the refusal says why to both.
        code = get_code(helper)
        enter_code(sharer, code)
        expect(sharer.get_by_role("alert")).to_contain_text("switched remote help off")
        expect(helper.get_by_role("alert")).to_contain_text("switched remote help off")
        helper.get_by_role("button", name="Cancel").click()
        expect(helper.locator("[data-ended]")).to_be_visible()
    finally:
        switch_remote_help(operator, is_on=True)


def test_where_no_direct_path_exists_the_session_is_relayed_and_says_so(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser, marker: Marker
) -> None:
    helper = desk.page(helper_browser, "helper", is_relay_only=True)
    sharer = desk.page(sharer_browser, "sharer", is_relay_only=True)
    go_live(helper, sharer)
    marker.colour(10, 160, 90)
    until_seen(helper, marker, (10, 160, 90))
    expect(helper.locator("[data-path]")).to_contain_text("Relayed")
    helper.get_by_role("button", name="Relayed").click()
    panel = helper.get_by_role("complementary", name="Connection")
    expect(panel.locator("[data-stat=fps]")).not_to_have_text("–")
    expect(panel.locator("[data-stat=bytes]")).to_contain_text("MB")
    axe_finds_nothing(helper)
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.locator("[data-ended]")).to_be_visible()


def test_a_link_with_the_code_survives_sign_in_and_leaves_no_trace(
    desk: Desk, helper_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    get_code(helper)
    link = helper.locator("[data-copy*='/get/#']").get_attribute("data-copy")
    assert link is not None
    context = helper_browser.new_context(base_url=desk.site.url, locale="en-GB")
    desk.contexts.append(context)
    asked: list[str] = []
    sharer = context.new_page()
    sharer.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    sharer.goto(link)
    person = desk.site.people["sharer"]
    sharer.locator("input[name=login]").fill(person["sign_in"])
    sharer.locator("input[name=password]").fill(person["password"])
    sharer.locator("input[name=password]").press("Enter")
    code = link.partition("#")[2]
    expect(sharer.get_by_label("Security code")).to_have_value(code)
    # No server was told the code before the person pressed Submit, and the address is clean.
    assert not [request for request in asked if code in request]
    assert sharer.url.endswith("/get/")
    sharer.get_by_role("button", name="Submit").click()
    expect(helper.locator("[data-trust-card]")).to_be_visible()
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.locator("[data-ended]")).to_be_visible()


def test_a_sharer_gets_through_with_the_keyboard_alone(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    """A7."""
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    code = get_code(helper)
    sharer.goto("/get/")
    expect(sharer.get_by_label("Security code")).to_be_focused()
    sharer.keyboard.type(code)
    sharer.keyboard.press("Enter")
    ask_to_view(helper)
    # The focus follows the swap to what has to be read and answered.
    expect(sharer.get_by_role("heading", name="wants to see your screen")).to_be_focused()
    sharer.keyboard.press("Tab")
    expect(sharer.get_by_role("button", name="Allow", exact=True)).to_be_focused()
    sharer.keyboard.press("Enter")
    expect(helper.locator("body[data-state=active]")).to_be_attached()
    expect(sharer.get_by_role("heading", name="sees your screen")).to_be_focused()
    leave = sharer.get_by_role("button", name="Leave")
    for _ in range(10):
        sharer.keyboard.press("Shift+Tab")
        if leave.evaluate("button => button === document.activeElement"):
            break
    expect(leave).to_be_focused()
    sharer.keyboard.press("Enter")
    expect(sharer.get_by_role("heading", name="You ended the session.")).to_be_focused()


def test_wrong_codes_own_codes_and_strangers_are_refused_in_words(
    desk: Desk, helper_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(helper_browser, "sharer")
    stranger = desk.page(helper_browser, "other_tenant_helper")
    code = get_code(helper)
    for typed in ("ABCD2345", "not a code", code[:7]):
        enter_code(sharer, typed)
        expect(sharer.get_by_role("alert")).to_contain_text("This code is not valid")
    axe_finds_nothing(sharer)
    # Of another organisation: the same words.
    enter_code(stranger, code)
    expect(stranger.get_by_role("alert")).to_contain_text("This code is not valid")
    answer = stranger.goto(helper.url)
    assert answer is not None
    assert answer.status == 404
    own = helper.context.new_page()
    enter_code(own, code)
    expect(own.get_by_role("alert")).to_contain_text("This is your own code")
    without_seat = desk.page(helper_browser, "sharer_without_seat")
    enter_code(without_seat, code)
    expect(without_seat.get_by_role("alert")).to_contain_text(
        "The sharer has no Remote Help licence"
    )
    # The helper reads it too, and the code is not used up (L1).
    expect(helper.get_by_role("alert")).to_contain_text("The sharer has no Remote Help licence")
    enter_code(sharer, code)
    expect(sharer.locator("[data-trust-card]")).to_be_visible()
    # A socket that is still being opened when its session ends is refused, and the console notes it.
    until(
        lambda: sharer.evaluate("window.seen.sockets.at(-1)?.readyState === WebSocket.OPEN"),
        "the sharer's page is connected",
    )
    sharer.get_by_role("button", name="Leave").click()
    expect(helper.locator("[data-ended]")).to_be_visible()
