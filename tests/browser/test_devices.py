"""An administrator makes a compliance policy, watches it being asked, finds what fails it, and keeps the view."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Desk
from tests.browser.steps import axe_finds_nothing

pytestmark = pytest.mark.browser


def test_a_policy_is_made_watched_and_what_fails_it_kept_as_a_view(
    desk: Desk, helper_browser: Browser
) -> None:
    page = desk.page(helper_browser, "tenant_admin")
    page.goto("/administration/compliance/")
    page.get_by_role("link", name="New compliance policy").click()
    page.wait_for_url("**/compliance/new/")  # and until its script listens
    page.get_by_label("Name").fill("Windows build")
    page.get_by_label("Rule").select_option("The system has at least this version")
    page.get_by_label("Value").fill("newest")
    page.get_by_label("Value").press("Tab")
    page.get_by_label("Operating system").select_option("Windows")
    # Said beside the field that was left, before anything is sent to be saved.
    expect(page.get_by_text("Enter a version in numbers")).to_be_visible()
    page.get_by_label("Value").fill("11.5")
    page.get_by_label("All devices").check()
    page.get_by_role("button", name="Preview").click()
    foreseen = page.locator("[data-forecast]")
    expect(foreseen).to_contain_text("CON-LT-0114")
    lost = foreseen.locator("[data-lost]").get_attribute("data-lost")
    axe_finds_nothing(page)
    page.get_by_role("button", name="Create policy").click()

    # The worker asks; the page says so by itself.
    expect(page.locator('[data-evaluation="done"]')).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_role("link", name="Show the devices that do not meet it").click()
    rows = page.get_by_role("row").filter(has=page.get_by_role("checkbox"))
    assert lost is not None
    assert rows.count() >= int(lost)

    page.get_by_text("Save as a view").click()
    page.get_by_label("Name of the view").fill("Old Windows")
    page.get_by_role("button", name="Save the view").click()
    view = page.get_by_role("navigation", name="Saved views").get_by_role(
        "link", name="Old Windows"
    )
    expect(view).to_have_attribute("aria-current", "page")
    axe_finds_nothing(page)

    with page.expect_download() as waiting:
        page.get_by_role("link", name="Export XLSX").click()
    sheet = openpyxl.load_workbook(BytesIO(waiting.value.path().read_bytes())).active
    assert sheet is not None
    assert sheet.max_row == rows.count() + 1

    page.get_by_label("Choose all on this page").check()
    expect(rows.first.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("button", name="Remove from Remote Help").click()
    expect(page.get_by_role("heading", name="from Remote Help?")).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_role("link", name="Keep them").click()
    expect(view).to_have_attribute("aria-current", "page")

    page.get_by_role("link", name="CON-LT-0114").click()
    expect(page.get_by_role("row").filter(has_text="Windows build")).to_contain_text("Not met")
    page.get_by_role("link", name="Windows build").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete the policy").click()
    expect(page.get_by_text("Windows build is deleted.")).to_be_visible()
