"""The whole way to the consent and out again by plain pages and forms, without script (S1-S5, S9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as site_settings
from django.urls import reverse

from apps.sessions.models import HelpSession
from apps.sessions.states import State
from tests.factories import make_session
from tests.sessions.plain import PlainBrowser, shown_code
from tests.sessions.stories import reread, story


def page_of(session: HelpSession) -> str:
    return reverse("help_sessions:session", args=[session.pk])


@pytest.fixture
def helper(hanna) -> PlainBrowser:
    return PlainBrowser(hanna)


@pytest.fixture
def sharer(sam) -> PlainBrowser:
    return PlainBrowser(sam)


@pytest.fixture
def met(helper, sharer) -> HelpSession:
    """Code shown, typed and submitted; both browsers show the session's page."""
    code = shown_code(helper.open("/give/").press("Get a security code"))
    sharer.open("/get/").press("Submit", code=code)
    session = HelpSession.objects.get()
    helper.open(page_of(session))
    return session


def test_two_people_meet_agree_and_part(helper, sharer, met):
    assert sharer.address == page_of(met)
    assert "Sam Sharer asks for your help" in helper.words
    assert "Hanna Helper wants to help you" in sharer.words
    # The trust card, on both sides (S3).
    for browser, title in ((helper, "Accountant"), (sharer, "Help desk")):
        assert title in browser.words
        assert "Contoso" in browser.words
        assert "contoso.example, verified" in browser.words
    # A browser can only be viewed, and the page says why.
    assert "Full control (not possible)" in helper.words
    assert "device app" in helper.words
    assert "Full control" not in helper.buttons

    helper.press("View screen")
    assert "Waiting for Sam Sharer to answer" in helper.words
    sharer.reload()
    assert "Hanna Helper wants to see your screen" in sharer.words
    assert {"Allow", "Decline the request"} <= sharer.buttons
    sharer.press("Allow")
    assert reread(met).state == State.CONNECTING
    for browser in (helper.reload(), sharer):
        assert browser.status == 200
        assert 'data-state="connecting"' in browser.html
        assert "allow script for this site" in browser.words

    helper.press("Leave")
    assert "You ended the session." in helper.words
    assert "Hanna Helper ended the session." in sharer.reload().words
    assert story(met) == ["opened", "redeemed", "requested", "allowed", "ended"]


def test_a_declined_request_goes_back_to_the_choice_and_the_third_one_ends_it(helper, sharer, met):
    for _ in range(2):
        helper.press("View screen")
        sharer.reload().press("Decline the request")
        assert "Sam Sharer declined the request." in helper.reload().words
        assert "View screen" in helper.buttons
    helper.press("View screen")
    sharer.reload().press("Decline the request")
    assert "The sharer declined the request." in helper.reload().words
    assert "You declined the request, and the session has ended." in sharer.words


def test_no_answer_in_time_counts_as_declined(helper, sharer, met, clock):
    helper.press("View screen")
    clock.shift(site_settings.REMOTEHELP_ANSWER_WITHIN + timedelta(seconds=1))
    assert "did not answer in time" in helper.reload().words
    sharer.reload()
    assert "Allow" not in sharer.buttons
    assert reread(met).state == State.INTRODUCED


@pytest.mark.parametrize("who", ["helper", "sharer"])
@pytest.mark.parametrize("state", ["introduced", "requested", "connecting", "active"])
def test_either_side_can_leave_from_every_page_without_script(hanna, sam, who, state):
    """S9."""
    session = make_session(hanna, sam, State(state))
    browser = PlainBrowser(hanna if who == "helper" else sam).open(page_of(session))
    if (who, state) == ("sharer", "requested"):
        browser.press("Decline the request")
    browser.press("Leave")
    assert "You ended the session." in browser.words
    assert reread(session).end_reason == f"{who}_left"


def test_a_helper_who_waits_can_cancel(helper, hanna):
    helper.open("/give/").press("Get a security code")
    helper.press("Cancel")
    assert "You ended the session." in helper.words


def test_the_code_is_shown_once_and_a_new_one_replaces_it(helper, sharer):
    first = shown_code(helper.open("/give/").press("Get a security code"))
    session = HelpSession.objects.get()
    helper.open(page_of(session))
    for part in (first, first.replace("-", "")):
        assert part not in helper.html
    second = shown_code(helper.press("New code"))
    assert second != first
    assert sharer.open("/get/").press("Submit", code=first).refusal == "wrong_code"
    assert sharer.press("Submit", code=second).address == page_of(session)


def test_the_code_is_read_in_any_case_with_or_without_a_dash(helper, sharer):
    for change in (str.lower, lambda c: c.replace("-", " "), lambda c: f"  {c.replace('-', '')} "):
        code = shown_code(helper.open("/give/").press("Get a security code"))
        sharer.open("/get/").press("Submit", code=change(code))
        assert sharer.address.startswith("/sessions/")


def test_an_answer_that_comes_after_another_one_is_refused_with_the_page_as_it_stands(
    helper, sharer, met, sam
):
    """Two tabs of the sharer."""
    helper.press("View screen")
    other_tab = PlainBrowser(sam).open(page_of(met))
    sharer.reload().press("Decline the request")
    other_tab.press("Allow")
    assert other_tab.status == 409
    assert other_tab.refusal == "illegal_step"
    assert "chooses how to help" in other_tab.words
    assert reread(met).state == State.INTRODUCED


def test_a_request_that_is_not_the_one_shown_is_not_allowed(helper, sharer, met):
    """S5: consent is to the kind that was shown."""
    helper.press("View screen")
    sharer.reload()
    for kind in ("full_control", "", "everything"):
        sharer.press("Allow", kind=kind)
        assert sharer.status in (400, 409)
        assert reread(met).state == State.REQUESTED
        sharer.open(page_of(met))


def test_a_helper_cannot_ask_a_browser_for_full_control(helper, met):
    helper.press("View screen", kind="full_control")
    assert (helper.status, helper.refusal) == (409, "kind_not_possible")
    assert reread(met).state == State.INTRODUCED


def test_unfinished_sessions_can_be_found_again(helper, sharer, met):
    for browser, door in ((helper, "/give/"), (sharer, "/get/")):
        assert page_of(met) in browser.open(door).html
    helper.open(page_of(met)).press("Leave")
    for browser, door in ((helper, "/give/"), (sharer, "/get/")):
        assert page_of(met) not in browser.open(door).html


def test_forms_without_the_token_are_refused(helper, met):
    """A page of another site cannot take a step."""
    answer = helper.client.post(reverse("help_sessions:leave", args=[met.pk]))
    assert answer.status_code == 403
    assert reread(met).state == State.INTRODUCED


def test_nothing_of_a_session_is_kept_by_a_browser_or_proxy(helper, sharer, met):
    pages = [("/give/", helper), ("/get/", sharer), (page_of(met), helper), (page_of(met), sharer)]
    pages.append((reverse("help_sessions:panel", args=[met.pk]), helper))
    for address, browser in pages:
        header = browser.open(address).answer["Cache-Control"]
        assert "no-store" in header
        assert "private" in header
    code_page = helper.open("/give/").press("Get a security code")
    assert "no-store" in code_page.answer["Cache-Control"]
    assert "no-store" in sharer.open("/get/").press("Submit", code="wrong").answer["Cache-Control"]


@pytest.mark.parametrize("state", [s for s in State if s not in (State.WAITING, State.ENDED)])
@pytest.mark.parametrize("who", ["helper", "sharer"])
@pytest.mark.parametrize("name", ["session", "panel"])
def test_a_session_page_asks_the_database_a_bounded_number_of_questions(
    hanna, sam, state, who, name, django_assert_max_num_queries
):
    session = make_session(hanna, sam, state)
    browser = PlainBrowser(hanna if who == "helper" else sam)
    address = reverse(f"help_sessions:{name}", args=[session.pk])
    browser.open(address)
    # The choice of what to ask for is a help decision for each kind; all else is a handful.
    limit = 32 if (who, state) == ("helper", State.INTRODUCED) else 12
    with django_assert_max_num_queries(limit):
        browser.open(address)


def test_the_doors_cost_the_same_however_many_sessions_were_held(
    hanna, sam, django_assert_max_num_queries
):
    browser = PlainBrowser(hanna)
    for _ in range(3):
        make_session(hanna, sam, State.INTRODUCED)
    for address in ("/give/", "/get/"):
        with django_assert_max_num_queries(12):
            browser.open(address)
