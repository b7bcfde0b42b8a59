"""A field's error disappears once its value is valid, with its line of the summary; the server still decides."""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from tests import make
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server


def submit_invalid(page: Page) -> Locator:
    form = page.locator("form#respond")
    form.locator(".post").click()
    expect(form.locator(".errors")).to_be_focused()
    return form


def expect_error(field: Locator) -> None:
    expect(field).to_have_attribute("aria-invalid", "true")


def expect_no_error(field: Locator) -> None:
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_each_error_of_the_reply_form_goes_when_its_field_is_valid(visitor: Visitor, site: "Server") -> None:
    essay = make.essay("Of Errors")
    page = visitor.open(site.url + essay.get_absolute_url())
    text, name = (page.locator(f"form#respond [name={field}]") for field in ("text", "name"))
    email, website = (page.locator(f"form#respond [name={field}]") for field in ("email", "website"))
    email.fill("anselm@brandt")
    website.fill("no address")
    form = submit_invalid(page)
    expect(form.locator(".errors li")).to_have_count(4)
    for field, wrong, right in (
        (text, "  ", "What I think."), (name, " ", "Anselm"), (email, "anselm@brandt.", "anselm@brandt.example"),
        (website, "example", "example.org/me"),
    ):  # fmt: skip
        field.fill(wrong)
        expect_error(field)
        error_count = form.locator(".errors li").count()
        field.fill(right)
        expect_no_error(field)
        expect(form.locator(".errors li")).to_have_count(error_count - 1)
    expect(form.locator(".errors")).to_have_count(0)
    expect(form.locator(".wrong")).to_have_count(0)
    expect(email).to_have_attribute("aria-describedby", "respond-email-hint")
    visitor.check_accessibility(page)
    email.fill("anselm@brandt")
    submit_invalid(page)
    expect_error(email)


def test_a_page_loaded_with_errors_removes_them_too(visitor: Visitor, site: "Server") -> None:
    essay = make.essay("Of Errors")
    page = visitor.open(alone=True)
    page.route(re.compile("posting[^/]*[.]js"), lambda route: route.abort())
    page.goto(site.url + essay.get_absolute_url())
    page.locator("form#respond .post").click()
    page.wait_for_url("**/")
    name = page.locator("form#respond [name=name]")
    expect_error(name)
    expect(page.locator(".errors li")).to_have_count(3)
    name.fill("Anselm")
    expect_no_error(name)
    expect(page.locator(".errors li")).to_have_count(2)
    visitor.errors.clear()  # Chromium logs the requests that we abort


def test_account_forms_and_choices_remove_errors_too(visitor: Visitor, site: "Server") -> None:
    page = visitor.open(f"{site.url}/accounts/signup/")
    email = page.locator("#id_email")
    email.fill("nobody")
    page.get_by_role("button", name="Email me a code").click()
    expect_error(email)
    email.fill("nobody@example")
    expect_error(email)
    email.fill("nobody@example.org")
    expect_no_error(email)
    expect(page.locator("#id_email_error")).to_have_count(0)
    page.goto(f"{site.url}/subscriptions/?essay={make.essay().pk}")
    for box in page.locator("[type=checkbox]").all():
        box.uncheck()
    page.locator("button.post").click()
    expect(page.locator("fieldset .wrong")).to_have_count(1)
    page.locator("[type=checkbox]").first.check()
    expect(page.locator("fieldset .wrong")).to_have_count(0)
    expect(page.locator("fieldset[aria-describedby]")).to_have_count(0)
