"""*Log on this device* (S11, M6): what either side's browser keeps of a session, for its person alone, and never tells."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.browser.conftest import Desk, until
from tests.browser.steps import ask_to_view, axe_finds_nothing, get_code, go_live, introduce

pytestmark = pytest.mark.browser

RECORDS = """async () => {
  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await asked(indexedDB.open("remotehelp-log"));
  if (!database.objectStoreNames.length) return [];
  const found = await asked(database.transaction("sessions").objectStore("sessions").getAll());
  database.close();
  return found;
}"""
# Changes each record, as time or another program would.
CHANGE = """async (changes) => {
  const asked = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await asked(indexedDB.open("remotehelp-log"));
  const transaction = database.transaction("sessions", "readwrite");
  const ended = new Promise((resolve) => (transaction.oncomplete = resolve));
  const store = transaction.objectStore("sessions");
  for (const record of await asked(store.getAll())) store.put({ ...record, ...changes });
  await ended;
  database.close();
}"""
# What a log would say to a server, if it said anything.
TELLING = ("begunAt", "startedAt", "seenAt", "site_lost", "interrupted", "taken_over")
DAY = 86_400_000
IS_OPEN = "window.seen.sockets.at(-1)?.readyState === WebSocket.OPEN"


def noted(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(RECORDS)
    return found


def events_of(page: Page) -> list[str]:
    (record,) = noted(page)
    return [event["what"] for event in record["events"]]


def until_noted(page: Page, what: str) -> None:
    until(lambda: what in events_of(page), lambda: f"{what} among {events_of(page)}")


def open_log(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Log on this device").click()


def rows(page: Page) -> Any:
    return page.locator("[data-log-rows] > tr")


def meet(helper: Page, sharer: Page) -> None:
    """Both know each other, and both sockets are open: one that is still being opened would be refused at the end."""
    introduce(helper, sharer)
    for page in (helper, sharer):
        until(partial(page.evaluate, IS_OPEN), "the socket is open")


def overhear(context: BrowserContext) -> list[str]:
    """Everything that the browser sends from now on: addresses, bodies, and what goes over sockets."""
    sent: list[str] = []
    context.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))

    def listen(page: Page) -> None:
        page.on(
            "websocket",
            lambda line: line.on("framesent", lambda frame: sent.append(str(frame))),
        )

    for page in context.pages:
        listen(page)
    context.on("page", listen)
    return sent


def saved(page: Page, button: str) -> str:
    with page.expect_download() as found:
        page.get_by_role("button", name=button).click()
    return found.value.path().read_text(encoding="utf-8")


def test_both_browsers_keep_the_session_and_tell_nobody(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    sent = [overhear(page.context) for page in (helper, sharer)]
    introduce(helper, sharer)
    ask_to_view(helper)
    sharer.get_by_role("button", name="Allow", exact=True).click()
    for page in (helper, sharer):
        expect(page.locator("body[data-state=active]")).to_be_attached()
        until_noted(page, "started")
    # While it goes on, another tab says so.
    other_tab = helper.context.new_page()
    open_log(other_tab)
    expect(rows(other_tab)).to_contain_text("Goes on now")
    # The path between the pages breaks without a word; then the site is out of the helper's reach for a while.
    helper.evaluate("window.seen.peers.at(-1).close()")
    until_noted(sharer, "interrupted")
    until_noted(sharer, "restored")
    helper.context.set_offline(True)
    helper.evaluate("window.seen.sockets.at(-1).close()")
    until_noted(helper, "site_lost")
    helper.context.set_offline(False)
    until_noted(helper, "site_back")
    helper.get_by_role("button", name="Leave").click()
    for page, role, side in ((helper, "sharer", "Helper"), (sharer, "helper", "Sharer")):
        expect(page.locator("[data-ended]")).to_be_visible()
        until_noted(page, "ended")
        open_log(page)
        expect(rows(page)).to_have_count(1)
        expect(rows(page)).to_contain_text(desk.site.people[role]["name"])
        expect(rows(page)).to_contain_text(side)
        expect(rows(page)).to_contain_text("View screen")
        expect(rows(page)).to_contain_text("The helper left")
        page.locator("summary").click()
        expect(rows(page).get_by_text("Session allowed: View screen")).to_be_visible()
        axe_finds_nothing(page)
    # The other tab followed by itself.
    expect(rows(other_tab)).to_contain_text("The helper left")
    for told in sent:
        assert told
        assert not [line for line in told if any(word in line for word in TELLING)]


def test_the_log_is_narrowed_saved_and_deleted_in_the_browser_alone(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    open_log(helper)
    expect(helper.get_by_text("Nothing was noted yet.")).to_be_visible()
    axe_finds_nothing(helper)
    expect(helper.get_by_role("button", name="Save as CSV")).to_be_disabled()
    meet(helper, sharer)
    helper.get_by_role("button", name="Leave").click()
    until_noted(helper, "ended")
    # A name that a table would take for a formula.
    helper.evaluate(CHANGE, {"other": '=cmd|"/c calc"!A1 <b>Sam</b>'})
    open_log(helper)
    expect(rows(helper)).to_contain_text('=cmd|"/c calc"!A1 <b>Sam</b>')
    sent = overhear(helper.context)
    helper.get_by_label("Name").fill("nobody of this name")
    expect(helper.get_by_text("No session matches these filters.")).to_be_visible()
    assert "#q=nobody" in helper.url
    helper.get_by_label("Name").fill("sam")
    expect(rows(helper)).to_have_count(1)
    helper.get_by_label("Show").select_option("problems")
    expect(rows(helper)).to_have_count(0)
    helper.get_by_role("button", name="Clear").click()
    expect(rows(helper)).to_have_count(1)
    table = list(csv.reader(io.StringIO(saved(helper, "Save as CSV").removeprefix("\ufeff"))))
    assert table[0][:4] == ["When", "Session", "My side", "With"]
    assert {line[3] for line in table[1:]} == {'\'=cmd|"/c calc"!A1 <b>Sam</b>'}
    lines = [json.loads(line) for line in saved(helper, "Save as JSON Lines").splitlines()]
    assert [line["event"] for line in lines] == ["met", "ended"]
    assert lines[-1]["about"] == "helper_left"
    helper.get_by_role("button", name="Delete …").click()
    expect(helper.get_by_role("button", name="Keep it")).to_be_focused()
    axe_finds_nothing(helper)
    helper.get_by_role("button", name="Keep it").click()
    expect(rows(helper)).to_have_count(1)
    helper.get_by_role("button", name="Delete …").click()
    helper.get_by_role("button", name="Delete the log", exact=True).click()
    expect(helper.get_by_text("The log on this device was deleted.")).to_be_visible()
    expect(rows(helper)).to_have_count(0)
    assert noted(helper) == []
    # The browser asks for the page's icon anew, and for nothing else.
    icon = f"{desk.site.url}/static/site/img/logo.svg "
    assert {line for line in sent if not line.startswith("blob:")} <= {icon}


def test_who_signs_in_next_sees_nothing_and_the_first_finds_it_again(
    desk: Desk, helper_browser: Browser
) -> None:
    page = desk.page(helper_browser, "helper")
    other = desk.page(helper_browser, "sharer")
    meet(page, other)
    page.get_by_role("button", name="Leave").click()
    until_noted(page, "ended")

    def sign_in_as(role: str) -> None:
        page.goto("/")
        page.get_by_role("button", name="Sign out").click()
        person = desk.site.people[role]
        page.locator("input[name=login]").fill(person["sign_in"])
        page.locator("input[name=password]").fill(person["password"])
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        open_log(page)

    sign_in_as("second_sharer")
    expect(page.get_by_text("Nothing was noted yet.")).to_be_visible()
    expect(rows(page)).to_have_count(0)
    sign_in_as("helper")
    expect(rows(page)).to_have_count(1)
    # After 30 days it goes, whoever opens whichever page (M4).
    page.evaluate(CHANGE, {"begunAt": page.evaluate("Date.now()") - 31 * DAY})
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    until(lambda: noted(page) == [], "the old record is gone")


def test_a_page_that_went_without_a_word_is_an_unexpected_end(
    desk: Desk, helper_browser: Browser, sharer_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    go_live(helper, sharer)
    until_noted(helper, "started")
    address = helper.url
    watching = helper.context.new_page()
    crash(helper)
    open_log(watching)
    expect(watching.locator("[data-cell=standing]")).to_have_text("Ended unexpectedly")
    assert '"ended_unexpectedly"' in saved(watching, "Save as JSON Lines")
    # The session itself goes on; who comes back to it goes on in the same record.
    watching.goto(address)
    until_noted(watching, "reloaded")
    watching.get_by_role("button", name="Leave").click()
    until_noted(watching, "ended")
    expect(sharer.locator("[data-ended]")).to_be_visible()


def crash(page: Page) -> None:
    """The page's process dies, as when the system runs out of memory."""
    with page.expect_event("crash"), suppress(Error):  # there is nobody left to answer
        page.goto("chrome://crash")


def forbid(page: Page) -> None:
    page.context.add_init_script(
        """IDBFactory.prototype.open = () => {
             throw new DOMException("storage is forbidden", "SecurityError"); };"""
    )


def fill_up(page: Page) -> None:
    page.context.add_init_script(
        """IDBObjectStore.prototype.put = () => {
             throw new DOMException("no room", "QuotaExceededError"); };"""
    )


@pytest.mark.parametrize("prevent", [forbid, fill_up])
def test_where_the_browser_keeps_nothing_it_is_said_and_the_session_goes_on(
    desk: Desk,
    helper_browser: Browser,
    sharer_browser: Browser,
    prevent: Callable[[Page], None],
) -> None:
    helper = desk.page(helper_browser, "helper")
    sharer = desk.page(sharer_browser, "sharer")
    prevent(helper)
    go_live(helper, sharer)
    said = helper.locator("[data-log-problem]")
    expect(said).to_contain_text("cannot keep the log")
    axe_finds_nothing(helper)
    said.get_by_role("button", name="Close").click()
    expect(said).to_be_hidden()
    helper.get_by_role("button", name="Leave").click()
    expect(sharer.locator("[data-ended]")).to_be_visible()
    if prevent is forbid:
        open_log(helper)
        expect(helper.get_by_text("This browser keeps no log.")).to_be_visible()
        axe_finds_nothing(helper)


def test_the_log_speaks_german_and_fits_a_narrow_screen(
    desk: Desk, helper_browser: Browser, denying_browser: Browser
) -> None:
    helper = desk.page(helper_browser, "helper")
    narrow = {"width": 360, "height": 740}
    sharer = desk.page(denying_browser, "sharer", locale="de-DE", viewport=narrow)
    code = get_code(helper)
    sharer.goto("/get/")
    sharer.locator("input[name=code]").fill(code)
    sharer.locator("[data-code-form] button[type=submit]").click()
    expect(helper.locator("[data-trust-card]")).to_be_visible()
    ask_to_view(helper)
    sharer.locator("[data-allow] button").click()
    expect(sharer.locator("[data-capture-problem]")).to_be_visible()
    until_noted(sharer, "error")
    helper.get_by_role("button", name="Leave").click()
    until_noted(sharer, "ended")
    sharer.goto("/log/")
    expect(sharer.get_by_role("heading", name="Protokoll auf diesem Gerät")).to_be_visible()
    expect(sharer.locator("summary")).to_have_text("Was geschehen ist")
    sharer.locator("summary").click()
    expect(rows(sharer)).to_contain_text("der Browser hat nichts freigegeben")
    axe_finds_nothing(sharer)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert sharer.evaluate(overflow) == 0
