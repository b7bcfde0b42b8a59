"""Every page for authors, light and dark, on a phone and a desktop; a whole writing session; and without JavaScript.

On such pages the stock Django admin has accessibility problems that axe finds: select2 boxes without a name, with an
invalid item in their list; split dates, cells of inline tables and their delete checkboxes without a label; an empty
header over such a table; breadcrumbs told from text by color alone; filters and dates of a list too small for a thumb.
`admin.css`, `admin-accessibility.js` and labels in `blog/admin.py` fix them, so no exceptions are left: the last test
removes the fixes and finds the problems again.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.plugin import DjangoDbBlocker

from blog.models import Authorship, Draft, Essay, Profile, Series, Tag, Text
from blog.writing import preview, revisions
from comments.models import Comment
from tests import make
from tests.browser.essay_form import open_settings
from tests.browser.layout import parts_too_wide
from tests.conftest import RUNS_ALL
from tests.services.chromium import ANIMATIONS_SETTLED, Visitor
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

LONG = "On the Impossibility of Saying Everything at Once, with Remarks about Wolfeschlegelsteinhausenbergerdorff"
OPENED = "for (const fold of document.querySelectorAll('details')) fold.open = true"
WIDTHS = [360, 1280] if RUNS_ALL else [360]


class Scene:
    """An author with something of everything that can be written."""

    def __init__(self) -> None:
        self.author = make.author(name="Miriam Achterberg")
        self.series = Series.objects.create(title=f"Of {LONG}", slug=f"all-{self.author.pk}", description="Five.")
        self.tag = Tag.objects.create(name=f"Tag {self.author.pk}", slug=f"tag-{self.author.pk}")
        self.essay = essay = make.essay(LONG, by=self.author, series=self.series, series_position=1, body=body(1))
        make.essay("Another of them", by=self.author, series=self.series)
        essay.tags.add(
            self.tag,
            *(Tag.objects.create(name=f"{n} of {self.author.pk}", slug=f"{n}-{self.author.pk}") for n in range(8)),
        )
        for number in range(4):
            Authorship.objects.create(essay=essay, author=make.author(name=f"Łukasz {number}"), position=number + 2)
        for number in range(2, 6):
            text = Text(title=LONG, body=body(number), tags=tuple(tag.name for tag in essay.tags.all()))
            revisions.save(essay, text, by=self.author)
        Essay.objects.filter(pk=essay.pk).update(import_losses="1 form: Field\n2 charts")
        preview.create_link(essay, by=self.author, days=7)
        Draft.objects.create(essay=essay, author=self.author, fields={"title": LONG, "body": body(7)})
        Draft.objects.create(author=self.author, tab="new", fields={"title": LONG, "body": body(8)})
        make.essay("", by=self.author, published=None)
        make.essay("Next week", by=self.author, published=timezone.now() + timedelta(days=7))
        make.comment(essay, f"What a reader says of it. {LONG * 4}")
        self.profile = Profile.objects.create(user=self.author, about="I write.")

    @property
    def pages(self) -> dict[str, str]:
        desk, essay_page = "/admin/blog/", f"/admin/blog/essay/{self.essay.pk}/"
        newest = self.essay.revisions.newest()
        assert newest
        return {
            "a new essay": f"{desk}essay/add/",
            "an essay": f"{essay_page}change/",
            "essays": f"{desk}essay/",
            "revisions": f"{essay_page}revisions/",
            "a difference": f"{essay_page}difference/?new={newest.pk}",
            "what was not saved": f"{essay_page}draft/",
            "links for friends": f"{essay_page}links/",
            "publishing": f"{essay_page}publish/",
            "import": f"{desk}essay/import/",
            "images": f"{desk}image/",
            "a new image": f"{desk}image/add/",
            "series": f"{desk}series/",
            "one series": f"{desk}series/{self.series.pk}/change/",
            "tags": f"{desk}tag/",
            "the profile": f"{desk}profile/{self.profile.pk}/change/",
            "the desk": "/admin/",
            "all series, for readers": "/series/",
            "one series, for readers": self.series.get_absolute_url(),
        }


def body(number: int) -> str:
    return f"<h2>Part {number}</h2><p>What I think of {'it ' * number}<a href='/x/'>here</a>.</p><p>{LONG * 3}</p>"


@pytest.fixture(scope="module")
def scene(_site: "Server", django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with django_db_blocker.unblock(), _site.connected():
        yield Scene()


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_for_authors_are_accessible(visitor: Visitor, site: "Server", scene: Scene, width: int) -> None:
    page = visitor.open(width=width)
    log_in(page.context, scene.author, site.url)
    wrong = {}
    for name, address in scene.pages.items():
        if name in (*STOCK, *ALIKE) and not RUNS_ALL:
            continue
        page.goto(site.url + address)
        page.evaluate(OPENED)
        violations: dict[str, Any] = visitor.accessibility_violations(page, again=width != WIDTHS[0])
        if RUNS_ALL or name in BY_NIGHT:
            page.emulate_media(color_scheme="dark")
            page.evaluate(ANIMATIONS_SETTLED)
            violations |= {
                f"{rule}, by night": how for rule, how in visitor.accessibility_violations(page, again=True).items()
            }
            page.emulate_media(color_scheme="light")
        if too_wide := parts_too_wide(page):
            violations["too wide"] = too_wide
        if violations:
            wrong[name] = violations
    assert wrong == {}


def test_on_a_phone_each_choice_of_revisions_is_below_its_heading(
    visitor: Visitor, site: "Server", scene: Scene
) -> None:
    page = visitor.open(alone=True)
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page.context, scene.author, site.url)
    page.goto(f"{site.url}/admin/blog/essay/{scene.essay.pk}/revisions/")
    left = "element => Math.round(element.getBoundingClientRect().left)"
    for number, name in enumerate(("old", "new")):
        heading = page.locator(".history thead th").nth(number)
        assert abs(heading.evaluate(left) - page.locator(f"input[name={name}]").first.evaluate(left)) <= 4, name


def test_a_whole_writing_session_keeps_to_the_policy_and_stays_on_its_page(visitor: Visitor, site: "Server") -> None:
    author = make.author()
    page = visitor.open()
    log_in(page.context, author, site.url)
    answer = page.goto(f"{site.url}/admin/blog/essay/add/")
    assert answer
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert not re.search(
        "unsafe|https?:|\\*", " ".join(wanted for name, wanted in policy.items() if name != "form-action")
    )
    (nonce,) = re.findall("'nonce-([^']+)'", policy["script-src"])
    assert "nonce" not in policy["style-src"]
    inline = page.evaluate("[...document.scripts].filter((one) => !one.src).map((one) => [one.type, one.nonce])")
    assert inline == [["importmap", nonce]]

    expect(page.locator("#id_title")).to_be_focused()
    page.keyboard.type("A Session")
    page.keyboard.press("Enter")
    page.keyboard.type("Of writing")
    page.keyboard.press("Enter")
    page.keyboard.type('## Head\nIt "is" so.[^noted')
    page.keyboard.press("Escape")
    for name, key in (
        ("Link", "Escape"),
        ("Table", "Enter"),
        ("Picture", "Escape"),
        ("Find", "Escape"),
    ):
        page.get_by_role("button", name=name, exact=True).click()
        page.keyboard.press(key)
    page.locator(".editor-text p").first.click(position={"x": 3, "y": 8})
    page.keyboard.press("Home")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_contain_text("Saved as a draft.")
    expect(page.locator("form [role=status]").last).to_have_text(
        "Saved as a draft."
    )  # so that screen readers announce it
    expect(page.locator(".editor-text")).to_be_focused()
    page.keyboard.type("Yes: ")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Preview").click()
    expect(popup.value.locator("article.essay")).to_contain_text("Yes: It “is” so.")
    popup.value.close()
    open_settings(page).get_by_text("Language and translation").click()
    page.locator(".field-translation_of .select2-selection").click()
    expect(page.locator(".select2-search__field").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Publish").click()
    page.locator("dialog.publishing-dialog").get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("Published.")
    assert page.evaluate("document.querySelectorAll('style').length") == 0  # none of Tiptap's own
    essay = Essay.objects.get(title="A Session", deck="Of writing")
    assert "Yes: It “is” so.<sup>" in essay.body
    assert visitor.errors == []


def test_a_reply_is_typed_and_sent_from_the_desk_by_keyboard(visitor: Visitor, site: "Server") -> None:
    author = make.author()
    comment = make.comment(make.essay("Hers", by=author), "A question.", by=make.guest("Rosa"))
    page = visitor.open()
    log_in(page.context, author, site.url)
    page.goto(f"{site.url}/admin/")
    page.get_by_label("Reply to Rosa").press("Enter")
    expect(page.get_by_role("textbox", name="Your reply")).to_be_focused()
    page.keyboard.type("An answer.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".messagelist")).to_have_text("Your reply to Rosa was posted.")
    expect(page.get_by_text("No comments to answer.")).to_be_visible()
    assert Comment.objects.get(parent=comment).wording.text == "An answer."


def test_the_losses_of_an_import_are_dismissed_without_leaving_the_page(
    visitor: Visitor, site: "Server", scene: Scene
) -> None:
    page = visitor.open()
    log_in(page.context, scene.author, site.url)
    page.goto(f"{site.url}/admin/blog/essay/{scene.essay.pk}/change/")
    page.locator("#id_title").fill("Typed")
    page.get_by_text("2 losses or changes in the import").click()
    expect(page.get_by_text("1 form: Field")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("in the import")).to_have_count(0)
    expect(page.locator("#id_title")).to_have_value("Typed")
    scene.essay.refresh_from_db()
    assert scene.essay.import_losses == ""


def test_without_script_an_essay_is_written_saved_published_and_restored(visitor: Visitor, site: "Server") -> None:
    author = make.author()
    page = visitor.open(script=False, width=360)
    log_in(page.context, author, site.url)

    def expect_text(text: str) -> None:
        expect(page.locator(".messagelist")).to_contain_text(text)

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    page.goto(f"{site.url}/admin/blog/essay/add/")
    page.get_by_role("textbox", name="Body").fill(
        "<h2>One</h2><p onclick=x style='color:red'>By hand.<script>1</script></p>"
    )
    press("Save draft")
    expect_text("Saved as a draft.")
    expect(page.get_by_role("textbox", name="Body")).to_have_value("<h2>One</h2><p>By hand.</p>")

    def take_step() -> None:
        page.locator(".publishing [data-part=submit]").click()

    press("Publish")
    take_step()
    expect(page.locator(".reason").first).to_contain_text("Title: Add a title before you publish.")
    page.get_by_role("link", name="Back to writing").click()
    page.get_by_role("textbox", name="Title:", exact=True).fill("By Hand Alone")
    with page.expect_popup() as popup:
        press("Preview")
    expect(popup.value.locator("article.essay")).to_contain_text("By hand.")
    page.get_by_text("Excerpt and tags").click()
    page.get_by_role("textbox", name="Excerpt").fill("What the hand does.")
    press("Publish")
    page.get_by_label("Schedule").check()
    expect(page.get_by_role("button", name="Schedule", exact=True)).to_be_visible()
    page.get_by_label("Now").check()
    page.get_by_role("textbox", name="Address").fill("by-hand")
    take_step()
    expect_text("Published.")
    expect(page.get_by_role("button", name="Undo publishing")).to_be_visible()
    page.get_by_role("textbox", name="Body").fill("<p>Worse.</p>")
    press("Update")
    page.get_by_role("textbox", name="What changed").fill("It is worse.")
    page.get_by_label("Show “Updated on").check()
    take_step()
    expect_text("Updated.")
    page.get_by_role("link", name="Revisions").click()
    press("Compare revisions")
    page.get_by_role("button", name="Restore the version from").click()
    expect_text("Restored.")
    expect(page.get_by_role("textbox", name="Body")).to_have_value("<h2>One</h2><p>By hand.</p>")
    press("Update")
    take_step()
    expect_text("Updated.")
    essay = Essay.objects.get(title="By Hand Alone")
    assert (essay.body, essay.excerpt) == ("<h2>One</h2><p>By hand.</p>", "What the hand does.")
    assert (essay.slug, essay.update_note) == ("by-hand", "It is worse.")


STOCK = (
    "essays",
    "images",
    "a new image",
    "series",
    "one series",
    "tags",
    "the profile",
)  # lists and forms as Django renders them
ALIKE = ("a new essay", "all series, for readers")  # less content that other pages have, too
BY_NIGHT = ("an essay", "publishing", "a difference", "the desk", "one series, for readers")  # one of each kind
UNFIXED = {
    "essays": {"link-in-text-block", "target-size"},
}


@pytest.mark.skipif(not RUNS_ALL, reason="what Django's own pages are like changes with Django alone")
def test_the_fixed_problems_are_those_of_the_stock_admin(visitor: Visitor, site: "Server", scene: Scene) -> None:
    """A page of a plain ModelAdmin, and ours without the fixes."""
    page = visitor.open(width=360)
    log_in(page.context, make.owner(), site.url)
    page.route(
        re.compile("admin-accessibility|/css/admin[.]"),
        lambda route: route.fulfill(
            body="", content_type="text/css" if ".css" in route.request.url else "text/javascript"
        ),
    )
    for address, finding in {"redirect": "aria-input-field-name", "series": "link-in-text-block"}.items():
        page.goto(f"{site.url}/admin/blog/{address}/add/")
        assert finding in visitor.accessibility_violations(page)
    for name, findings in UNFIXED.items():
        page.goto(site.url + scene.pages[name])
        page.evaluate(OPENED)
        assert set(visitor.accessibility_violations(page)) == findings, name
