"""*Why?* asked with the keyboard alone, as with a screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk
from tests.browser.steps import axe_finds_nothing

pytestmark = pytest.mark.browser


def _found(page: Page, name: str, typed: str, option: str) -> None:
    """Type into the field that has the focus until that option alone is offered, and take it."""
    field = page.get_by_role("combobox", name=name)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.type(typed)
    listed = page.get_by_role("listbox", name=name).get_by_role("option")
    expect(listed).to_have_count(1)
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(chosen).to_contain_text(option)
    axe_finds_nothing(page)
    page.keyboard.press("Enter")
    expect(field).to_have_value(option)
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_focused()


def test_an_administrator_asks_with_the_keyboard(desk: Desk, helper_browser: Browser) -> None:
    page = desk.page(helper_browser, "tenant_admin")
    page.goto("/administration/why/")
    page.get_by_role("combobox", name="Helper").focus()
    # Escape closes, and once more empties.
    options = page.get_by_role("listbox", name="Helper")
    page.keyboard.type("o")
    expect(options).to_be_visible()
    page.keyboard.press("Escape")
    expect(options).to_be_hidden()
    expect(page.get_by_role("combobox", name="Helper")).to_have_value("o")
    page.keyboard.press("Escape")
    _found(page, "Helper", "oskar", "Oskar Lindqvist")
    page.keyboard.press("Tab")
    _found(page, "Person", "sami", "Sami Virtanen")
    page.keyboard.press("Tab")
    # Nobody is called so: said aloud, and nothing is offered.
    page.keyboard.type("zzzz")
    said = page.locator("[data-combobox-status]").nth(2)
    expect(said).to_have_text("No device of your organisation is called so.")
    expect(page.get_by_role("combobox", name="Device")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.type("Take")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Oskar Lindqvist may not help")).to_be_visible()
    assert "Oskar" not in page.url
    axe_finds_nothing(page)
    # The field holds what was chosen: asked anew, all are offered, and the address leads back.
    field = page.get_by_role("combobox", name="Person")
    expect(field).to_have_value("Sami Virtanen")
    field.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox", name="Person").get_by_role("option")).to_have_count(10)
    page.get_by_role("link", name="Role Screen viewer").click()
    expect(page.get_by_role("heading", name="Change Screen viewer")).to_be_visible()


def test_without_script_what_was_typed_is_found(desk: Desk, helper_browser: Browser) -> None:
    page = desk.page(helper_browser, "tenant_admin", java_script_enabled=False)
    page.goto("/administration/why/")
    page.get_by_role("textbox", name="Helper").fill("hanna")
    page.get_by_role("textbox", name="Person").fill("contoso")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Several are called so. Choose one of them.")).to_be_visible()
    page.get_by_role("radio", name="Petra").check()
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", name="in a plain browser: View screen.")).to_be_visible()
