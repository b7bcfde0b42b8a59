"""Pictures on the editing page in Chromium: dropped, uploaded, found again, and captioned."""

import base64
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, Page, expect

from blog.models import Essay, Image
from tests import make
from tests.browser.essay_form import open_settings, photo
from tests.services.chromium import AXE_OPTIONS, AXE_SCRIPT, Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

# A file dropped onto the text from the desktop.
DROP = """async ([bytes, name]) => {
  const text = document.querySelector(".essay-editor [contenteditable=true]");
  const box = text.getBoundingClientRect();
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  text.dispatchEvent(new DragEvent("drop", {
    dataTransfer: carried, bubbles: true, cancelable: true, clientX: box.left + 20, clientY: box.top + 10,
  }));
}"""
# A file from the clipboard: a picture alone, such as a screenshot.
PASTE = """([bytes, name]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  document.querySelector(".essay-editor [contenteditable=true]").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""

# A page of text with embedded pictures, and files beside them.
PASTE_PAGE = """([html, bytes]) => {
  const carried = new DataTransfer();
  carried.setData("text/html", html);
  carried.items.add(new File([new Uint8Array(bytes)], "image.jpg", { type: "image/jpeg" }));
  document.querySelector(".essay-editor [contenteditable=true]").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""


def file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


@pytest.fixture
def page(visitor: Visitor, site: "Server") -> Page:
    author = make.author()
    essay = make.essay("Whose Promise", by=author, excerpt="On a word.", body="<p>In the spring.</p>")
    page = visitor.open(site.url)
    log_in(page.context, author, site.url)
    page.goto(f"{site.url}/admin/blog/essay/{essay.pk}/change/")
    expect(page.locator(".essay-editor [contenteditable=true]")).to_be_visible()
    return page


def test_pictures_come_by_button_drop_and_paste_and_are_found_again(page: Page, visitor: Visitor) -> None:
    dialog = page.get_by_role("dialog", name="Pictures")
    checks = page.locator(".essay-checks li")
    page.get_by_role("button", name="Picture", exact=True).click()
    dialog.get_by_label("Upload a picture").set_input_files(file("hill.svg", b"<svg/>"))
    expect(dialog.get_by_role("status")).to_contain_text("SVG files are not allowed")
    dialog.get_by_label("Upload a picture").set_input_files(file("hill.jpg", photo()))
    dialog.get_by_label("Alternative text").fill("A round hill")
    dialog.get_by_label("Caption").fill("The hill.")
    dialog.get_by_label("Wide").check()
    page.evaluate(AXE_SCRIPT)
    violations = page.evaluate("async options => (await axe.run('.images-dialog', options)).violations", AXE_OPTIONS)
    assert not [(each["id"], each["nodes"][0]["target"]) for each in violations]
    visitor.errors.clear()  # Chromium logs rejected uploads, and axe tries its own styles
    dialog.get_by_role("button", name="Insert picture").click()
    expect(dialog).to_be_hidden()
    figure = page.locator(".essay-editor figure")
    expect(figure.get_by_alt_text("A round hill")).to_be_visible()

    for event in (DROP, PASTE):
        page.evaluate(event, [list(photo()), "again.jpg"])
        expect(dialog.get_by_role("button", name="Insert picture")).to_be_enabled()
        dialog.get_by_role("button", name="Insert picture").click()
        expect(dialog).to_be_hidden()
    expect(figure).to_have_count(3)
    expect(checks.filter(has_text="no alternative text")).to_have_count(2)

    page.get_by_role("button", name="Picture", exact=True).click()
    dialog.get_by_label("Search uploaded pictures").fill("round")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    dialog.get_by_role("button", name="A round hill").click()
    expect(dialog.get_by_label("Alternative text")).to_have_value("A round hill")
    dialog.get_by_role("button", name="Close").click()

    assert page.locator("#id_body").input_value().count("<img ") == 3
    assert Image.objects.filter(alt__in=["", "A round hill"]).count() == 3
    assert Image.objects.filter(alt="A round hill").count() == 1


def test_a_rejected_upload_says_what_to_do(page: Page, visitor: Visitor) -> None:
    dialog = page.get_by_role("dialog", name="Pictures")
    page.get_by_role("button", name="Picture", exact=True).click()
    page.route("**/image/upload/", lambda route: route.fulfill(status=413, body="Too large"), times=1)
    dialog.get_by_label("Upload a picture").set_input_files(file("hill.jpg", b"-"))
    expect(dialog.get_by_role("status")).to_contain_text("“hill.jpg” wasn’t uploaded: it is too large.")
    page.context.clear_cookies()
    dialog.get_by_label("Upload a picture").set_input_files(file("hut.jpg", b"-"))
    expect(dialog.get_by_role("status")).to_contain_text("You’re logged out. Log in again in a new tab")
    visitor.errors.clear()  # Chromium logs rejected uploads


def test_pictures_in_a_pasted_page_keep_their_position_and_missing_ones_are_named(page: Page, visitor: Visitor) -> None:
    data = base64.b64encode(photo()).decode()
    html = (
        f'<p>One</p><p><img alt="A hill" width=60 src="data:image/jpeg;base64,{data}"></p><p style="color:red">Two</p>'
        '<p>in <img width=300 height=200 src="file:///C:/clip_image001.jpg" alt="Another"> line</p>'
        '<p><img src="data:image/png;base64,AAAA" alt="Torn"></p><p><img alt="Drawn" src="data:image/svg+xml,<svg/>"></p>'
        '<p>far <img src="http://127.0.0.1:9/far.jpg" alt="Far"></p>'
    )
    page.locator(".editor-text p").click()
    page.evaluate(PASTE_PAGE, [html, list(photo())])
    status = page.locator(".editor-said")
    expect(status).to_contain_text("Left out:")
    expect(status.get_by_role("listitem")).to_have_count(3)
    expect(status).to_contain_text("“http://127.0.0.1:9/far.jpg” couldn’t be downloaded")
    expect(status).to_contain_text(
        "1 picture that couldn’t be pasted. Save it on your computer and add it with “Picture”: Drawn"
    )
    expect(status).to_contain_text("“picture.png” wasn’t uploaded")
    expect(page.locator(".essay-editor figure").get_by_alt_text("A hill")).to_be_visible()
    expect(page.locator(".editor-text p", has_text=" line").get_by_alt_text("Another")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_be_visible()
    body = page.locator("#id_body").input_value()
    assert (body.count("<img "), body.count('width="600" height="400"'), "style" in body) == (2, 2, False)
    assert set(Image.objects.order_by("-pk").values_list("alt", flat=True)[:2]) == {"A hill", "Another"}
    assert not [each for each in visitor.errors if "image/upload" not in each]
    visitor.errors.clear()  # Chromium logs rejected requests


def test_a_cover_is_uploaded_in_the_settings_and_removed(page: Page) -> None:
    dialog = page.get_by_role("dialog", name="Pictures")
    settings = open_settings(page)
    settings.get_by_text("Cover picture").first.click()
    page.get_by_role("button", name="Choose picture").press("Enter")
    dialog.get_by_label("Upload a picture").set_input_files(file("hill.jpg", photo()))
    dialog.get_by_label("Alternative text").fill("A round hill")
    expect(dialog.get_by_label("Caption")).to_be_hidden()
    dialog.get_by_role("button", name="Use picture").click()
    expect(page.get_by_role("button", name="Choose picture")).to_be_focused()
    expect(settings.get_by_alt_text("A round hill").first).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert Essay.objects.latest("pk").cover == Image.objects.latest("pk")
    open_settings(page).get_by_text("Cover picture").first.click()
    page.get_by_role("button", name="Remove picture").click()
    page.keyboard.press("Escape")
    expect(page.locator(".holds", has_text="A round hill")).to_have_count(0)
    assert Essay.objects.latest("pk").cover is None
