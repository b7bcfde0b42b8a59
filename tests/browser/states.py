"""The states of the pages for readers: by name, a function that brings a browser page into it."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from comments.models import Address, Subscription
from comments.notifications import signed_links
from tests.browser.stage import EMAIL, LONG, Stage

# axe takes a minute for a page of 400 comments, most of which look alike.
KEEP_THE_LAST_REPLIES = """[...document.querySelectorAll("li.comment li.comment li.comment:not(:has(li))")]
    .slice(0, -3).forEach((reply) => reply.remove())"""

State = Callable[[Stage], None]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__] = function
    return function


# An essay and its thread


@state
def essay_with_a_thread(stage: Stage) -> None:
    stage.open_essay()


@state
def closed_essay(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.closed)


@state
def essay_without_comments(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.empty)


@state
def essay_with_an_open_note(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.empty)
    stage.page.locator("[role=doc-noteref]").click()
    is_beside = stage.page.evaluate("innerWidth >= 1200")
    note = (
        stage.page.locator("[role=doc-endnotes] li:focus")
        if is_beside
        else stage.page.get_by_role("button", name="Close")
    )
    expect(note).to_be_visible()


@state
def essay_with_its_citations(stage: Stage) -> None:
    stage.open_essay()
    stage.page.get_by_role("button", name="Cite").click()
    expect(stage.page.get_by_role("tabpanel")).to_be_visible()


@state
def page_of_citations(stage: Stage) -> None:
    stage.open(f"{stage.thread.essay.get_absolute_url()}cite/")


@state
def reply_form_under_a_comment(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .reply").click()
    expect(stage.page.locator(".thread form#respond")).to_be_visible()


@state
def rejected_form(stage: Stage) -> None:
    stage.open_essay()
    stage.write(text="", name="", email="anselm@brandt", website="no address")
    stage.page.locator("form#respond .post").click()
    expect(stage.page.locator(".errors")).to_be_focused()


@state
def form_with_all_boxes_and_the_guide(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator("[name=notify_replies]").check()
    stage.page.locator("[name=notify_essays]").check()
    stage.page.locator(".guide summary").click()
    expect(stage.page.locator("[name=notify_about]")).to_be_visible()


@state
def form_with_a_preview(stage: Stage) -> None:
    stage.open_essay()
    stage.write(text=f"So *it* is.\n\n> {LONG * 3}\n\n    {'code ' * 40}")
    stage.page.locator("form#respond [name=preview]").click()
    expect(stage.page.locator(".preview-body")).to_be_visible()


@state
def form_of_a_logged_in_user(stage: Stage) -> None:
    stage.log_in()
    stage.open_essay()
    expect(stage.page.locator(".identity.you")).to_be_visible()


@state
def pending_comment(stage: Stage) -> None:
    stage.open_essay()
    name = f"Anselm {LONG}"
    stage.write(text=f"Held, {timezone.now()}.", name=name, email=f"other.{EMAIL}")
    stage.page.locator("[name=notify_replies]").check()
    stage.page.locator("form#respond .post").click()
    expect(stage.page.locator("li.comment.held .notice .why").last).to_be_visible()


@state
def own_comment(stage: Stage) -> None:
    stage.log_in()
    stage.open(stage.thread.own_comment.get_absolute_url())
    expect(stage.page.locator(f"#comment-{stage.thread.own_comment.pk} .do a")).to_have_count(4)


@state
def dialog_of_keyboard_shortcuts(stage: Stage) -> None:
    stage.open_essay()
    stage.page.keyboard.press("?")
    expect(stage.page.locator("#keys")).to_be_visible()


@state
def dialog_of_likers(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator("article.essay .said a").last.click()
    expect(stage.page.locator("dialog .likers")).to_be_visible()


@state
def branch_that_continues_on_another_page(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.long)
    stage.page.evaluate(KEEP_THE_LAST_REPLIES)
    expect(stage.page.locator(".branch a")).to_be_visible()


@state
def branch_on_its_own_page(stage: Stage) -> None:
    stage.open_essay(f"?thread={stage.thread.deep.parent_id}")
    expect(stage.page.locator(".part")).to_be_visible()


@state
def replies_by_the_author(stage: Stage) -> None:
    stage.open_essay("?by=author")
    expect(stage.page.locator(".part")).to_be_visible()


@state
def second_page_of_threads(stage: Stage) -> None:
    stage.open_essay("?cpage=2&order=newest")
    expect(stage.page.locator(".pager a").first).to_be_visible()


@state
def comment_by_permalink(stage: Stage) -> None:
    stage.open(stage.thread.deep.get_absolute_url())
    expect(stage.page.locator(f"#comment-{stage.thread.deep.pk}:target")).to_be_visible()


@state
def deleted_comment(stage: Stage) -> None:
    stage.open(stage.thread.removed.get_absolute_url())
    expect(stage.page.locator(".gone").first).to_be_visible()


@state
def collapsed_replies(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(".replies > summary").first.click()


@state
def text_that_can_be_quoted(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .comment-body p").first.click(click_count=3)
    expect(stage.page.locator(".quote")).to_be_visible()


@state
def menu_of_a_comment(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .more").click()
    expect(stage.page.get_by_role("menu")).to_be_visible()


@state
def muted_comment_and_closed_replies(stage: Stage) -> None:
    stage.open_essay("?replies=folded")
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .more").click()
    stage.page.get_by_role("menuitem", name="Mute").click()
    expect(stage.page.locator(".muted").first).to_be_visible()
    stage.page.locator("form#respond [name=text]").focus()
    expect(stage.page.get_by_role("toolbar")).to_be_visible()


# Pages about a comment


@state
def page_behind_more(stage: Stage) -> None:
    stage.open(f"/comments/{stage.thread.root.pk}/more/")


@state
def page_of_likers(stage: Stage) -> None:
    stage.open(f"/comments/{stage.thread.root.pk}/like/")


@state
def edit_page(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.own_comment.pk}/edit/")


@state
def rejected_edit(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.own_comment.pk}/edit/")
    stage.page.locator("main textarea").fill(" ")
    stage.page.locator("main button.post").click()
    expect(stage.page.locator("[aria-invalid]").first).to_be_visible()


@state
def delete_page(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.own_comment.pk}/delete/")


@state
def page_of_replies(stage: Stage) -> None:
    stage.log_in()
    stage.open("/replies/")


@state
def muted_people(stage: Stage) -> None:
    stage.open(f"/comments/{stage.thread.root.pk}/more/")
    stage.page.get_by_role("button", name="Mute").click()
    stage.open("/comments/muted/")
    expect(stage.page.get_by_role("button", name="Unmute")).to_be_visible()


@state
def own_comments_page(stage: Stage) -> None:
    stage.log_in()
    stage.open("/replies/comments/")


@state
def decision_notification_page(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.pending.pk}/tell/")


# Email notifications


@state
def subscribe_page(stage: Stage) -> None:
    stage.open(f"/subscriptions/?comment={stage.thread.root.pk}")


@state
def rejected_subscription(stage: Stage) -> None:
    stage.open(f"/subscriptions/?essay={stage.thread.essay.pk}")
    for box in stage.page.locator("[type=checkbox]").all():
        box.uncheck()
    stage.page.locator("button.post").click()
    expect(stage.page.locator(".wrong").first).to_be_visible()


@state
def requested_subscription(stage: Stage) -> None:
    stage.open(f"/subscriptions/asked/?essay={stage.thread.essay.pk}")


@state
def confirm_page(stage: Stage) -> None:
    Subscription.objects.filter(kind__in=("replies", "essay")).update(confirmed=None, created=timezone.now())
    stage.open_link(signed_links.confirm_url(stage.thread.address))
    Subscription.objects.filter(kind__in=("replies", "essay")).update(confirmed=timezone.now())
    expect(stage.page.locator("main [name=subscription]")).to_have_count(2)


@state
def subscriptions_page(stage: Stage) -> None:
    stage.open_link(f"{signed_links.subscriptions_url(stage.thread.address)}?said=changed")
    expect(stage.page.locator(".follows li")).to_have_count(5)


@state
def subscriptions_of_a_suppressed_address(stage: Stage) -> None:
    Address.objects.filter(pk=stage.thread.address.pk).update(suppressed=timezone.now() - timedelta(days=1))
    stage.open_link(signed_links.subscriptions_url(stage.thread.address))
    Address.objects.filter(pk=stage.thread.address.pk).update(suppressed=None)
    expect(stage.page.locator(".trouble")).to_be_visible()


@state
def unsubscribe_page(stage: Stage) -> None:
    stage.open_link(signed_links.unsubscribe_url(stage.thread.address.subscriptions.get(kind="thread")))


@state
def unsubscribed_page(stage: Stage) -> None:
    row = stage.thread.address.subscriptions.get(kind="thread")
    stage.open_link(signed_links.unsubscribe_url(row))
    stage.page.locator("main button.post").click()
    expect(stage.page.locator("[role=status]")).to_be_visible()
    Subscription.objects.filter(pk=row.pk).update(stopped=None)


@state
def stop_daily_emails_page(stage: Stage) -> None:
    stage.open_link(signed_links.unsubscribe_daily_url(stage.thread.address))


@state
def expired_link(stage: Stage) -> None:
    stage.open("/subscriptions/nonsense/")


# Other pages


@state
def home(stage: Stage) -> None:
    stage.open("/")


@state
def archive(stage: Stage) -> None:
    stage.open("/archive/")


@state
def search_results(stage: Stage) -> None:
    stage.open("/search/?q=words")


@state
def nothing_found(stage: Stage) -> None:
    stage.open("/search/?q=nothingness")


@state
def privacy(stage: Stage) -> None:
    stage.open("/privacy/")


@state
def not_found(stage: Stage) -> None:
    stage.open("/nothing-there/")
