"""Each page that is no session: axe finds nothing, nothing overflows, in light and dark, wide and at 360 px."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk
from tests.browser.steps import axe_finds_nothing

pytestmark = pytest.mark.browser

OF_PEOPLE = (
    "/",
    "/give/",
    "/get/",
    "/reports/sessions/",
    "/reports/sessions/?q=nobody+is+called+this",
    "/devices/",
    "/devices/?q=nothing+is+called+this",
    "/app/",
    "/log/",
    "/profile/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/logout/",
    "/nowhere/",
)
OF_ADMINISTRATORS = (
    "/administration/remote-help/settings/",
    "/administration/administrators/",
    "/administration/administrators/?q=nobody+is+called+this",
    "/administration/administrators/add/",
    "/administration/remote-help/domains/",
    "/administration/people/",
    "/administration/people/?q=nobody+is+called+this",
    "/administration/people/new/",
    "/administration/people/import/",
    "/administration/groups/",
    "/administration/groups/new/",
    "/administration/roles/",
    "/administration/roles/?q=nothing+is+called+this",
    "/administration/roles/by-permission/",
    "/administration/roles/new/",
    "/administration/role-assignments/",
    "/administration/role-assignments/new/",
    "/administration/compliance/",
    "/administration/compliance/?q=nothing+is+called+this",
    "/administration/compliance/new/",
    "/devices/?compliance=no&sort=-seen",
    "/devices/views/",
    "/permissions/",
    "/administration/why/",
    "/administration/",
    "/administration/audit/",
    "/administration/audit/?act=changed&sort=when",
)
OF_NOBODY = (
    "/accounts/login/",
    "/sign-in/organisation/",
    "/accounts/password/reset/",
    "/nowhere/",
)
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}


def look_at(page: Page, address: str) -> None:
    page.goto(address)
    axe_finds_nothing(page)
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow == 0, f"{address} is {overflow} px too wide"


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_of_a_signed_in_person(desk: Desk, helper_browser: Browser, look: str) -> None:
    page = desk.page(helper_browser, "helper", **LOOKS[look])
    for address in OF_PEOPLE:
        look_at(page, address)
    page.goto("/reports/sessions/")
    story = page.get_by_role("row").get_by_role("link").first.get_attribute("href")
    assert story is not None
    look_at(page, story)
    page.goto("/devices/")
    device = page.get_by_role("row").get_by_role("link").first.get_attribute("href")
    assert device is not None
    look_at(page, device)
    admin = desk.page(helper_browser, "tenant_admin", **LOOKS[look])
    for address in ("/administration/people/", "/administration/groups/"):
        admin.goto(address)
        first = admin.get_by_role("row").get_by_role("link").nth(5).get_attribute("href")
        assert first is not None
        look_at(admin, first)
    for address in (
        *OF_ADMINISTRATORS,
        "/reports/sessions/",
        "/devices/",
        "/devices/enrolment/",
        device,
        f"{device}remove/",
        f"{device}change/",
    ):
        look_at(admin, address)


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_of_a_helper_who_waits_for_a_device(
    desk: Desk, helper_browser: Browser, look: str
) -> None:
    page = desk.page(helper_browser, "helper", **LOOKS[look])
    page.goto("/devices/")
    page.get_by_role("link", name="CON-LT-0114").click()
    page.get_by_role("button", name="New remote help session").click()
    expect(page.get_by_role("heading", name="CON-LT-0114 is not connected")).to_be_visible()
    expect(page.locator("[data-code-shown]")).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Go to CON-LT-0114")).to_be_visible()
    axe_finds_nothing(page)


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_before_sign_in(desk: Desk, helper_browser: Browser, look: str) -> None:
    context = helper_browser.new_context(base_url=desk.site.url, locale="en-GB", **LOOKS[look])
    desk.contexts.append(context)
    page = context.new_page()
    for address in OF_NOBODY:
        look_at(page, address)
