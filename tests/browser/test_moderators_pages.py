"""Every page for moderators and the people they moderate, on a phone, without JavaScript and by keyboard."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Appeal, Batch, Block, Comment, Condition, Decision, Reason, Report, Rule, Rules
from comments.notifications import signed_links
from comments.reports import appeals, reporting
from comments.screening.screening import Sender
from moderation.decisions import actions
from moderation.models import Note
from tests import make
from tests.browser.layout import parts_too_wide
from tests.conftest import RUNS_ALL
from tests.services.chromium import ANIMATIONS_SETTLED, Visitor
from tests.services.keyboard import press, tab_to, type_into
from tests.services.sessions import log_in

if TYPE_CHECKING:
    from tests.services.site import Server

QUEUE = "/admin/comments/queue/"
COLOR_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")  # one for each page in turn, with --all both
LONG = "Wolfeschlegelsteinhausenbergerdorff"


@dataclass
class Scene:
    """A site with something of everything that can be moderated."""

    owner: User
    moderator: User
    author: User
    pending: Comment
    refused: Comment
    reported: Comment
    rule: Rule
    batch: Batch


@pytest.fixture(scope="module")
def scene(_site: "Server", django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with django_db_blocker.unblock(), _site.connected():
        before = Rules.objects.current()
        make.rules(hold_first_comment=True, tombstones_tell=True, spam_hold_at=50)
        make.site(public_record=True)
        yield create_scene()
        before.save()
        make.site(public_record=False)


def create_scene() -> Scene:
    owner, moderator, author = make.owner(name="Joris Vane"), make.moderator(name="Mara"), make.user(name="Rosa")
    essay = make.essay(f"Whose Promise Is It, {LONG}?")
    decision_fields: dict[str, Any] = {
        "by": moderator,
        "reason": Reason.objects.first(),
        "message": "Write it again without the name.",
    }
    approved = [make.comment(essay, f"What I think of it, the {number}th.") for number in range(3)]
    spam = [make.comment(essay, f"Cheap lamps, {number} of them.") for number in range(3)]
    for comment, score in zip([*approved, *spam], (0.1, 0.2, 0.6, 0.4, 0.9, 0.95), strict=True):
        Comment.objects.filter(pk=comment.pk).update(spam_score=score)
    for comment in spam:
        actions.mark_spam(comment, by=moderator, note="An advert.")
    removed = make.comment(essay, "What is gone.")
    make.comment(essay, "And was answered.", to=removed)
    actions.trash(removed, **decision_fields)
    refused = make.comment(essay, "What was refused.", by=Commenter.objects.for_user(author))
    actions.trash(refused, **decision_fields)
    appeals.submit_appeal(refused.pk, words="It was no insult.", rules=Rules.objects.current())
    for number, kind in enumerate(Report.Kind.values):
        sender = Sender(f"198.51.{number}.4")
        reporting.submit_report(comment=approved[0].pk, commenter=None, sender=sender, kind=kind, words=LONG * number)
    pending = make.comment(
        essay, f"> Quoted\n\n- one\n\nhttps://e.example/{LONG}", by=make.guest(f"Tobias {LONG}"), to=approved[0], status="pending"
    )  # fmt: skip
    Note.objects.create(commenter=pending.commenter, moderator=moderator, text="Look twice.")
    Block.objects.create(kind="hold", commenter=pending.commenter, moderator=moderator, note="For a week")
    rule = Rule.objects.create(name="Lamps", action="hold")
    Condition.objects.create(rule=rule, kind="words", value="lamps")
    batch = Batch.objects.create(moderator=moderator, verb="spam", state="done", total=40, done=38, missed=2)
    return Scene(owner, moderator, author, pending, refused, approved[0], rule, batch)


def comment_path(kind: str) -> Callable[[Scene], str]:
    return lambda scene: f"/comments/{(scene.reported if kind == 'report' else scene.refused).pk}/{kind}/"


# Who looks, and where.
PAGES: dict[str, tuple[str, Callable[[Scene], str]]] = {
    "pending": ("moderator", lambda scene: f"{QUEUE}?q=Promise"),
    "reported": ("moderator", lambda scene: f"{QUEUE}?status=reported"),
    "spam": ("moderator", lambda scene: f"{QUEUE}?status=spam&q=lamps"),
    "trash": ("moderator", lambda scene: f"{QUEUE}?status=trash&q=Promise"),
    "a search that finds nothing": ("moderator", lambda scene: f"{QUEUE}?status=all&q=nowhere-to-be-found"),
    "one comment": ("moderator", lambda scene: f"{QUEUE}comments/{scene.pending.pk}/"),
    "an appeal, decided about": ("moderator", lambda scene: f"{QUEUE}comments/{scene.refused.pk}/"),
    "a batch": ("moderator", lambda scene: f"{QUEUE}batches/{scene.batch.pk}/"),
    "a person": ("moderator", lambda scene: f"{QUEUE}people/{scene.pending.commenter_id}/"),
    "who is treated apart": ("moderator", lambda scene: f"{QUEUE}blocks/"),
    "the log": ("moderator", lambda scene: f"{QUEUE}log/?essay=Promise"),
    "numbers": ("owner", lambda scene: f"{QUEUE}numbers/"),
    "the filter": ("owner", lambda scene: f"{QUEUE}filter/"),
    "rules": ("owner", lambda scene: "/admin/comments/rule/"),
    "a rule and its trial": ("owner", lambda scene: f"/admin/comments/rule/{scene.rule.pk}/change/"),
    "blocks": ("owner", lambda scene: "/admin/comments/block/"),
    "a block": ("owner", lambda scene: "/admin/comments/block/add/"),
    "reasons": ("owner", lambda scene: "/admin/comments/reason/"),
    "a group": ("owner", lambda scene: "/admin/auth/group/add/"),
    "a report": ("guest", comment_path("report")),
    "an appeal": ("author", comment_path("appeal")),
    "a decision by mail": ("guest", lambda scene: email_path(scene.pending, scene.moderator)),
    "how mail comes": ("moderator", lambda scene: "/accounts/queue-mail/"),
    "the public record": ("guest", lambda scene: "/moderation/"),
}


def email_path(comment: Comment, user: User) -> str:
    return "/" + signed_links.decision_url(comment, user).split("/", 3)[3]


@pytest.mark.parametrize("user_kind", ["moderator", "owner", "author", "guest"])
def test_pages_are_accessible_in_light_and_dark(visitor: Visitor, site: "Server", scene: Scene, user_kind: str) -> None:
    page = visitor.open(width=360)
    if user_kind != "guest":
        log_in(page.context, getattr(scene, user_kind), site.url)
    wrong = {}
    for number, (name, (page_user, address)) in enumerate(PAGES.items()):
        if page_user != user_kind:
            continue
        page.goto(site.url + address(scene))
        too_wide = parts_too_wide(page)
        violations: dict[str, dict[str, tuple[Any, str]]] = {}
        for scheme in COLOR_SCHEMES if RUNS_ALL else COLOR_SCHEMES[number % 2 :][:1]:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(ANIMATIONS_SETTLED)
            violations[scheme] = visitor.accessibility_violations(page, again=bool(violations))
        if too_wide or any(violations.values()):
            wrong[name] = (too_wide, violations)
    assert wrong == {}


def test_emptying_the_trash_asks_for_confirmation(visitor: Visitor, site: "Server", scene: Scene) -> None:
    page = visitor.open(width=360, dark=True)
    log_in(page.context, scene.moderator, site.url)
    page.goto(f"{site.url}{QUEUE}?status=spam")
    page.get_by_role("button", name="Empty spam…").click()
    expect(page.get_by_role("button", name="for good")).to_be_visible()
    assert parts_too_wide(page) == []
    visitor.check_accessibility(page)


def test_a_long_name_in_a_list_leaves_the_other_columns_in_view(visitor: Visitor, site: "Server") -> None:
    person = make.guest("n" * 245)
    person.save()
    for width in (360, 1280):
        page = visitor.open(width=width)
        log_in(page.context, make.owner(), site.url)
        page.goto(f"{site.url}/admin/accounts/commenter/?q={person.name}")
        column = page.get_by_role("columnheader", name="Picture").bounding_box()
        assert column
        assert column["x"] < width


# The whole path


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=True)
    return make.essay(f"Of Ways {Essay.objects.count()}")


def pending_comment(essay: Essay, *texts: str) -> list[Comment]:
    return make.pending_comments(essay, texts={text.split()[0]: text for text in texts})


def stored_text(comment: Comment) -> str:
    comment.refresh_from_db()
    return comment.wording.text if comment.wording else ""


def status(comment: Comment) -> str:
    comment.refresh_from_db()
    return comment.status


def in_row(page: Page, comment: Comment, form: str) -> None:
    page.locator(f"#comment-{comment.pk}").get_by_role("link", name=form).click()


def test_moderation_works_without_script(visitor: Visitor, site: "Server", essay: Essay) -> None:
    edited, replied, refused, deleted, *rest = pending_comment(
        essay, "Anna one", "Bert two", "Carl three", "Dora four", "Emil five", "Fred six", "Gina seven"
    )
    moderator, guest = visitor.open(script=False), visitor.open(script=False)
    log_in(moderator.context, make.moderator(), site.url)
    queue_url = f"{site.url}{QUEUE}?essay={essay.pk}"

    moderator.goto(queue_url)
    in_row(moderator, edited, "Edit")
    moderator.get_by_label("Edit the comment by Anna").fill("Anna said better")
    moderator.get_by_role("button", name="Save changes").click()
    assert stored_text(edited) == "Anna said better"
    in_row(moderator, replied, "Reply")
    moderator.get_by_label("Reply to Bert").fill("So it is.")
    moderator.get_by_role("button", name="Approve and reply").click()
    assert status(replied) == "approved"
    assert Comment.objects.get(parent=replied).status == "approved"
    in_row(moderator, refused, "Reject with reason…")
    moderator.get_by_label("Reason").select_option("Off topic")
    moderator.get_by_label("Message to the commenter").fill("Try another essay.")
    moderator.locator("#refuse").get_by_role("button", name="Trash").click()
    assert Decision.objects.filter(comment=refused).latest("pk").message == "Try another essay."
    in_row(moderator, deleted, "Delete…")
    moderator.get_by_role("button", name="Delete for good").click()
    assert not Comment.objects.filter(pk=deleted.pk).exists()

    moderator.goto(f"{queue_url}&per_page=2")
    moderator.get_by_label("All 4 that match").check()
    moderator.locator("#bulk").get_by_role("button", name="Spam").click()
    expect(moderator.get_by_text("4 marked as spam.", exact=True)).to_be_visible(timeout=30_000)
    assert {status(comment) for comment in rest} == {"spam"}
    moderator.goto(f"{site.url}{QUEUE}log/?essay={essay.pk}")
    moderator.get_by_role("button", name="Undo marked as spam, Emil").click()
    expect(moderator.get_by_role("heading", name="Queue")).to_be_visible()
    assert status(rest[0]) == "pending"

    guest.goto(site.url + essay.get_absolute_url())
    guest.locator(f"#comment-{replied.pk} a.more").first.click()
    guest.get_by_role("link", name="Report").click()
    guest.get_by_label("Spam").check()
    guest.get_by_role("button", name="Report").click()
    expect(guest.get_by_role("status")).to_contain_text("Thank you.")
    assert Report.objects.filter(comment=replied).count() == 1

    appealed = post_comment(guest, site.url + essay.get_absolute_url())
    actions.trash(appealed, by=make.moderator(), message="Not here.")
    guest.goto(f"{site.url}/replies/comments/")
    guest.get_by_role("link", name="Appeal").click()
    guest.get_by_label("Why should your comment be published?").fill("It was no advert.")
    guest.get_by_role("button", name="Appeal").click()
    expect(guest.get_by_role("status")).to_contain_text("You’ve appealed.")
    assert Appeal.objects.get(comment=appealed).text == "It was no advert."


def post_comment(guest: Page, address: str) -> Comment:
    """Post as a guest whose browser remembers them."""
    guest.goto(address)
    for label, text in (("Comment", "I object."), ("Name", "Rosa"), ("Email", "rosa.ways@example.org")):
        guest.get_by_role("textbox", name=label, exact=True).fill(text)
    guest.locator("[name=remember]").check()
    guest.locator("#respond .post").click()
    expect(guest.get_by_text("Your comment is awaiting moderation.").first).to_be_visible()
    stored_text: Comment = Comment.objects.latest("pk")
    return stored_text


def test_moderation_works_by_keyboard(visitor: Visitor, site: "Server", essay: Essay) -> None:
    edited, replied, refused, deleted, *rest = pending_comment(
        essay, "Anna one", "Bert two", "Carl three", "Dora four", "Emil five", "Fred six"
    )
    page, guest = visitor.open(), visitor.open()
    log_in(page.context, make.moderator(), site.url)
    page.goto(f"{site.url}{QUEUE}?essay={essay.pk}")
    row = "#comment-{}".format

    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_label("Edit the comment by Anna")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Anna said better")
    press(page, "button[value=edit]")
    expect(page.locator(f"{row(edited.pk)} .comment-body").first).to_have_text("Anna said better")
    expect(page.locator(row(edited.pk))).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_label("Reply to Bert")).to_be_focused()
    page.keyboard.type("So it is.")
    press(page, "button[value=reply]")
    expect(page.locator(row(refused.pk))).to_be_focused()
    press(page, f"{row(refused.pk)} a[data-form=refuse]")
    expect(page.get_by_label("Reason", exact=True).last).to_be_focused()
    page.keyboard.press("ArrowDown")
    tab_to(page, f"{row(refused.pk)} textarea")
    page.keyboard.type("Try another essay.")
    press(page, f"{row(refused.pk)} .write button[value=trash]")
    expect(page.locator(row(deleted.pk))).to_be_focused()
    press(page, f"{row(deleted.pk)} a[data-form=delete]")
    expect(page.locator(f"{row(deleted.pk)} button[value=delete]")).to_be_visible()
    press(page, f"{row(deleted.pk)} button[value=delete]")
    expect(page.locator(row(rest[0].pk))).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("status")).to_have_text("1 selected")
    page.keyboard.press("Shift+X")
    expect(page.get_by_role("status")).to_have_text("3 selected")
    page.keyboard.press("Shift+S")
    expect(page.get_by_role("status")).to_contain_text("marked as spam.")
    expect(page.locator("ol.queue[data-waiting='0']")).to_be_attached()
    assert status(replied) == "approved"
    assert [status(comment) for comment in (edited, *rest)] == ["spam"] * 3
    decision = Decision.objects.filter(comment=refused).latest("pk")
    assert decision.reason
    assert decision.message == "Try another essay."
    assert not Comment.objects.filter(pk=deleted.pk).exists()

    press(page, ".heading a[href$='log/']")
    expect(page.get_by_role("heading", name="Log", exact=True)).to_be_visible()
    undone = Decision.objects.filter(comment=rest[1]).latest("pk")
    press(page, f"#decision-{undone.pk} button")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    assert status(rest[1]) == "pending"

    guest.goto(site.url + essay.get_absolute_url())
    press(guest, f"{row(replied.pk)} a.more")
    expect(guest.get_by_role("menuitem", name="Copy link")).to_be_focused()
    for key in ("End", "ArrowUp", "Enter"):
        guest.keyboard.press(key)
    expect(guest.get_by_role("heading", name="Report a comment")).to_be_visible()
    press(guest, "[name=kind]", "Space")
    type_into(guest, "textarea", "Look at it.")
    press(guest, "main button.post")
    expect(guest.get_by_role("status")).to_contain_text("Thank you.")
    assert Report.objects.get(comment=replied).text == "Look at it."
    appealed = post_comment(guest, site.url + essay.get_absolute_url())
    actions.trash(appealed, by=make.moderator(), message="Not here.")
    other = make.comment(essay, "By another.")
    guest.goto(site.url + essay.get_absolute_url())
    expect(guest.locator(f"#comment-{other.pk} .new")).to_be_visible()
    expect(guest.locator(f"#comment-{appealed.pk} .new")).to_have_count(0)
    guest.goto(f"{site.url}/replies/comments/")
    press(guest, "main a[href*=appeal]")
    expect(guest.get_by_role("heading", name="Appeal")).to_be_visible()
    type_into(guest, "[name=words]", "It was no advert.")
    press(guest, "main button.post")
    expect(guest.get_by_role("status")).to_contain_text("You’ve appealed.")
    assert Appeal.objects.get(comment=appealed).state == Appeal.State.OPEN
