"""What the pages say when something is refused: the right status, the reason, and what to do (S2, L1, T1-T3, R7)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.licenses.models import License, Product, Seat
from apps.sessions import services
from apps.sessions.models import HelpSession
from apps.sessions.states import State
from apps.tenants.models import Cloud
from tests.factories import EVERYONE, make_license, make_session
from tests.sessions.plain import PlainBrowser, shown_code
from tests.sessions.stories import reread


def submit(browser: PlainBrowser, code: str) -> PlainBrowser:
    return browser.open("/get/").press("Submit", code=code)


def page_of(session: HelpSession) -> str:
    return reverse("help_sessions:session", args=[session.pk])


def without(page: PlainBrowser, typed: str) -> str:
    """The page's bytes, apart from the token of the form and what the person typed."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.html)
    assert typed in html
    return html.replace(typed, "")


def test_wrong_expired_used_replaced_and_foreign_codes_look_the_same(
    hanna, sam, wilma, mallory, clock, settings
):
    settings.REMOTEHELP_CODE_TRIES = settings.REMOTEHELP_CODE_TRIES_PER_ADDRESS = 100
    expired = services.open_session(actor=hanna).code
    clock.shift(settings.REMOTEHELP_CODE_VALID_FOR + timedelta(seconds=1))
    used = services.open_session(actor=hanna).code
    services.redeem_code(actor=sam, typed=used, address="192.0.2.1")
    opened = services.open_session(actor=hanna)
    services.issue_new_code(actor=hanna, session=opened.session)
    ended = services.open_session(actor=hanna)
    services.leave_session(actor=hanna, session=ended.session)
    codes = {
        "unknown": "ABCD2345",
        "malformed": "hello!",
        "expired": expired,
        "used": used,
        "replaced": opened.code,
        "ended": ended.code,
        "foreign": services.open_session(actor=mallory).code,
    }
    browser = PlainBrowser(wilma)
    pages = {}
    for name, code in codes.items():
        submit(browser, code)
        assert (browser.status, browser.refusal) == (404, "wrong_code")
        pages[name] = without(browser, code)
    assert len(set(pages.values())) == 1
    assert "This code is not valid." in browser.words


def test_an_empty_code_is_asked_for_again(sam):
    browser = submit(PlainBrowser(sam), "  ")
    assert browser.status == 400
    assert "Enter the security code that your help desk gave you." in browser.words


@pytest.mark.parametrize("code", ["A" * 41, "<b>x</b>", "\x00", "日本語", "2" * 5000])
def test_whatever_is_typed_is_answered(sam, code):
    browser = submit(PlainBrowser(sam), code)
    assert browser.status in (400, 404)
    assert "<b>x</b>" not in browser.html


def test_too_many_wrong_codes_lock_the_entry_for_a_while(hanna, sam, settings, clock):
    browser = PlainBrowser(sam)
    for _ in range(settings.REMOTEHELP_CODE_TRIES):
        assert submit(browser, "ABCD2345").refusal == "wrong_code"
    code = shown_code(PlainBrowser(hanna).open("/give/").press("Get a security code"))
    submit(browser, code)
    assert (browser.status, browser.refusal) == (429, "too_many_tries")
    assert "Wait ten minutes" in browser.words
    clock.shift(settings.REMOTEHELP_CODE_LOCKED_FOR - timedelta(minutes=1))
    assert submit(browser, code).refusal == "too_many_tries"
    clock.shift(timedelta(minutes=1, seconds=1))
    code = shown_code(PlainBrowser(hanna).open("/give/").press("Get a security code"))
    assert submit(browser, code).address.startswith("/sessions/")


def test_a_helper_cannot_enter_their_own_code(hanna, waiting):
    browser = submit(PlainBrowser(hanna), waiting.code)
    assert (browser.status, browser.refusal) == (409, "own_code")
    assert "This is your own code." in browser.words
    assert reread(waiting.session).state == State.WAITING


def test_someone_out_of_the_helpers_scope_is_refused_and_both_are_told_why(otto, sam):
    opened = services.open_session(actor=otto)
    browser = submit(PlainBrowser(sam), opened.code)
    assert (browser.status, browser.refusal) == (403, "out_of_scope")
    reason = "No role assignment of the helper covers this person or this device."
    assert reason in browser.words
    helper = PlainBrowser(otto).open(page_of(opened.session))
    assert "Sam Sharer entered the code but could not join." in helper.words
    assert reason in helper.words
    assert reread(opened.session).state == State.WAITING


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("hanna", "The helper has no Remote Help licence."),
        ("sam", "The sharer has no Remote Help licence."),
    ],
)
def test_the_refusal_names_which_of_the_two_has_no_licence(
    request, hanna, sam, contoso, person, words
):
    """L1."""
    lacking = request.getfixturevalue(person)
    contoso.groups.get(name=EVERYONE).people.remove(lacking)
    opened = services.open_session(actor=hanna)
    browser = submit(PlainBrowser(sam), opened.code)
    assert browser.status == 403
    assert words in browser.words
    assert words in PlainBrowser(hanna).open(page_of(opened.session)).words


def test_a_pending_licence_says_when_to_try_again(hanna, sam, contoso):
    """L2."""
    Seat.objects.filter(license__tenant=contoso).delete()
    License.objects.filter(tenant=contoso, product=Product.REMOTE_HELP).delete()
    make_license(contoso, delay=timedelta(hours=1))
    opened = services.open_session(actor=hanna)
    browser = submit(PlainBrowser(sam), opened.code)
    assert (browser.status, browser.refusal) == (403, "license_pending")
    assert "Try again later" in browser.words
    assert "licence is not active yet" in PlainBrowser(hanna).open(page_of(opened.session)).words


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_remote_help_enabled": False}, "remote_help_off"),
        ({"are_unenrolled_devices_allowed": False}, "device_not_enrolled"),
        ({"is_compliance_required": True}, "compliant_device_required"),
        ({"cloud": Cloud.GCC_HIGH}, "government_cloud"),
    ],
)
def test_a_switch_of_the_tenant_refuses_at_each_step_with_its_reason(
    hanna, sam, contoso, change, code
):
    """T1, T2, T4, T6: before the code, at the choice and at the consent."""
    opened = services.open_session(actor=hanna)
    introduced = make_session(hanna, sam, State.INTRODUCED)
    requested = make_session(hanna, sam, State.REQUESTED)
    helper = PlainBrowser(hanna).open(page_of(introduced))
    sharer = PlainBrowser(sam).open(page_of(requested))
    for name, value in change.items():
        setattr(contoso, name, value)
    contoso.save()
    # The pages were open already: pressing what they still offer is refused, and says why.
    helper.press("View screen")
    sharer.press("Allow")
    entering = submit(PlainBrowser(sam), opened.code)
    for browser in (helper, sharer, entering):
        assert (browser.status, browser.refusal) == (403, code)
    # And the page as it is now offers nothing that cannot be.
    assert "View screen" not in helper.open(page_of(introduced)).buttons
    assert f'data-offer-closed="{code}"' in helper.html
    for session, state in ((introduced, "introduced"), (requested, "requested")):
        assert reread(session).state == state
    # Both can still leave.
    for browser, session in ((helper, introduced), (sharer, requested)):
        browser.open(page_of(session))
        button = "Leave" if "Leave" in browser.buttons else "Decline the request"
        assert browser.press(button).status == 200


def test_a_running_session_whose_ground_fell_away_says_so_on_both_pages(hanna, sam, contoso):
    session = make_session(hanna, sam)
    contoso.is_remote_help_enabled = False
    contoso.save()
    services.end_groundless()
    for person in (hanna, sam):
        browser = PlainBrowser(person).open(page_of(session))
        assert "ended because the right to it was withdrawn" in browser.words
        assert "Your organisation has switched remote help off." in browser.words


def test_who_has_no_role_gets_no_code(sam):
    browser = PlainBrowser(sam).open("/give/")
    assert "Get a security code" not in browser.buttons
    assert "no role that lets you help anybody" in browser.words
    address = reverse("help_sessions:open")
    token = browser.client.cookies["csrftoken"].value
    answer = browser.client.post(address, {"csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    assert not HelpSession.objects.exists()


def test_too_many_unused_codes_are_refused(hanna, settings):
    browser = PlainBrowser(hanna)
    for _ in range(settings.REMOTEHELP_WAITING_SESSIONS):
        shown_code(browser.open("/give/").press("Get a security code"))
    browser.open("/give/").press("Get a security code")
    assert browser.status == 409
    assert "too many unused codes" in browser.words


PAGES = ["session", "panel"]
STEPS = ["new_code", "request_kind", "allow", "decline", "leave"]


@pytest.mark.parametrize("name", PAGES + STEPS)
@pytest.mark.parametrize("who", ["otto", "ada", "mallory"])
def test_a_third_person_finds_nothing_just_as_where_there_is_nothing(request, active, name, who):
    """T3: the answer for somebody else's session is the answer for none."""
    browser = PlainBrowser(request.getfixturevalue(who))
    browser.open("/get/")
    token = browser.client.cookies["csrftoken"].value
    before = HelpSession.objects.filter(pk=active.pk).values().get()
    answers = []
    for pk in (active.pk, "01a20984-0000-7000-8000-000000000000"):
        address = reverse(f"help_sessions:{name}", args=[pk])
        if name in PAGES:
            answer = browser.client.get(address)
        else:
            answer = browser.client.post(
                address, {"csrfmiddlewaretoken": token, "kind": "view_screen"}
            )
        body = answer.content.decode().replace(str(pk), "")
        answers.append((answer.status_code, re.sub(r'value="\w{64}"', "", body)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert HelpSession.objects.filter(pk=active.pk).values().get() == before


@pytest.mark.parametrize("name", PAGES + STEPS)
def test_nobody_is_sent_to_sign_in(active, name):
    browser = PlainBrowser(None)
    address = reverse(f"help_sessions:{name}", args=[active.pk])
    answer = browser.client.get(address) if name in PAGES else None
    if answer is None:
        browser.open("/accounts/login/")
        token = browser.client.cookies["csrftoken"].value
        answer = browser.client.post(address, {"csrfmiddlewaretoken": token})
    assert answer.status_code in (302, 405)
    if answer.status_code == 302:
        assert answer["Location"].startswith("/accounts/login/")
    assert reread(active).state == State.ACTIVE


@pytest.mark.parametrize("name", STEPS)
def test_a_step_cannot_be_taken_by_following_a_link(active, sam, name):
    browser = PlainBrowser(sam)
    answer = browser.client.get(reverse(f"help_sessions:{name}", args=[active.pk]))
    assert answer.status_code == 405
    assert reread(active).state == State.ACTIVE


def test_the_wrong_side_cannot_take_the_other_sides_step(hanna, sam):
    session = make_session(hanna, sam, State.REQUESTED)
    helper = PlainBrowser(hanna).open(page_of(session))
    token = helper.client.cookies["csrftoken"].value
    for name in ("allow", "decline"):
        answer = helper.client.post(
            reverse(f"help_sessions:{name}", args=[session.pk]),
            {"csrfmiddlewaretoken": token, "kind": "view_screen"},
        )
        assert answer.status_code == 409
    assert reread(session).state == State.REQUESTED
