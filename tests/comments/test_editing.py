"""Own comments: who may change or delete what, until when, what readers and moderators then see, and what is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django_tasks_db.models import DBTaskResult

from accounts.models import Commenter, User
from blog.models import Essay
from comments import checking, editing
from comments.models import Comment, Discussion, Notice, Rules, Status
from comments.notices import tell
from comments.screening import Sender
from comments.viewer import Viewer
from moderation import actions as deciding
from tests import make
from tests.comments.door import Browser, Page, place, words

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def rosa(db: None) -> User:
    return make.user("rosa", name="Rosa Castellanos")


@pytest.fixture
def writer(rosa: User, essay: Essay) -> Browser:
    """Logged in, and known: what she says is published at once."""
    make.rules(hold_first_comment=False)
    return Browser(rosa)


def edit(comment: Comment | int) -> str:
    return f"/comments/{comment if isinstance(comment, int) else comment.pk}/edit/"


def delete(comment: Comment) -> str:
    return f"/comments/{comment.pk}/delete/"


def save(browser: Browser, comment: Comment, text: str, *, at: str = "", **more: str) -> Page:
    """Open the form, type, press the button; the answer itself."""
    address = at or edit(comment)
    seen = Page(browser.get(address)).one("input[@name='seen']").get("value", "")
    return Page(browser.post(address, {"text": text, "seen": seen} | more))


def said(browser: Browser, essay: Essay, comment: Comment) -> str:
    """The words that a reader finds in its place."""
    found = browser.read(essay).comment(comment)
    return next(words(part) for part in found.iter() if part.get("class") == "comment-body")


def links(element: Any) -> dict[str, str]:
    """By their words; of a comment those of its own, without what answers it."""
    own = element.find("article") if element.tag == "li" else element
    return {words(link): link.get("href", "") for link in own.iter("a")}


def history(comment: Comment) -> list[str]:
    return list(comment.wordings.order_by("pk").values_list("text", flat=True))


# By which door


@pytest.mark.both
def test_somebody_logged_in_changes_their_words(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="The *first* form.")
    shown = links(writer.read(essay).comment(comment))
    assert (shown["Edit"], shown["Delete"]) == (edit(comment), delete(comment))
    form = Page(writer.get(edit(comment)))
    assert form.answer.headers["Cache-Control"] == "private, no-store"
    assert (form.id("edit-text").text or "").lstrip("\n") == "The *first* form."
    answer = save(writer, comment, "The **second** form.")
    assert answer.status == 302
    page = writer.read(answer.answer.headers["Location"])
    assert "Your changes are saved." in words(page.comment(comment))
    assert "edited" in words(page.comment(comment))
    assert said(stranger, essay, comment) == "The second form."
    assert history(comment) == ["The *first* form.", "The **second** form."]
    comment.refresh_from_db()
    assert comment.edited
    assert comment.is_approved


def test_a_remembered_guest_is_known_by_the_cookie(guest: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    comment = guest.say(essay, text="Before.", remember="on")
    assert settings.COMMENTER_COOKIE_NAME in guest.cookies
    assert links(guest.read(essay).comment(comment))["Edit"] == edit(comment)
    assert save(guest, comment, "After.").status == 302
    assert history(comment) == ["Before.", "After."]


@pytest.mark.parametrize("email", ["anna@example.org", ""])
def test_a_guest_without_a_cookie_comes_by_the_link_they_were_given(
    guest: Browser, stranger: Browser, essay: Essay, email: str
) -> None:
    make.rules(hold_first_comment=False, who_may_comment="name")
    answer = guest.post_to(essay, text="Before.", email=email).answer
    comment = Comment.objects.latest("pk")
    by_key = links(guest.read(answer.headers["Location"]).comment(comment))
    assert by_key["Edit"].startswith(f"{edit(comment)}?key=")
    assert "Edit" not in links(guest.read(essay).comment(comment))  # the page without it is everybody's
    answer = save(guest, comment, "After.", at=by_key["Edit"])
    assert "?key=" in answer.answer.headers["Location"]
    assert answer.answer.headers.get("Referrer-Policy") == "same-origin"
    assert said(stranger, essay, comment) == "After."
    assert guest.post(by_key["Delete"]).status_code == 302
    assert stranger.read(essay).shown == []


def test_typing_the_same_again_earns_no_right(guest: Browser, stranger: Browser, essay: Essay) -> None:
    comment = guest.say(essay, text="Mine.")
    typed = stranger.post_to(essay, text="Mine.")
    assert typed.status == 409
    address = next(href for link, href in links(typed.id("respond")).items() if link == "Read it there")
    key = address.partition("?")[2]
    assert "Edit" not in links(stranger.read(address).comment(comment))
    for at in (edit(comment), delete(comment)):
        assert stranger.post(f"{at}?{key}", {"text": "Yours."}).status_code == 403
    forged = key.replace("key=", "key=", 1).replace(str(comment.pk), f"{comment.pk}-own", 1)
    assert stranger.post(f"{delete(comment)}?{forged}").status_code == 404
    assert history(comment) == ["Mine."]


def test_the_link_opens_one_comment_and_none_that_is_somebodys_by_now(
    guest: Browser, stranger: Browser, essay: Essay, rosa: User
) -> None:
    make.rules(hold_first_comment=False)
    address = guest.post_to(essay, text="Mine.").answer.headers["Location"]
    mine, key = Comment.objects.latest("pk"), address.partition("?")[2]
    other = stranger.say(essay, text="Another's.", name="Tobias Fenn", email="tobias@example.org")
    assert guest.post(f"{edit(other)}?{key}", {"text": "Taken."}).status_code == 403
    Comment.objects.filter(pk=mine.pk).update(commenter=Commenter.objects.of(rosa))
    assert guest.post(f"{delete(mine)}?{key}").status_code == 403
    assert Browser(rosa).post(delete(mine)).status_code == 302


def test_who_did_not_write_it_can_do_nothing_and_learns_nothing(
    writer: Browser, stranger: Browser, essay: Essay, rosa: User
) -> None:
    comment = writer.say(essay, text="Hers.")
    waiting = make.comment(essay, "It waits.", status="pending")
    others = (stranger, Browser(), Browser(make.user("somebody")), Browser(make.moderator("mara")))
    for browser in others:
        assert "Edit" not in links(browser.read(essay).comment(comment))
        for address in (edit(comment), delete(comment)):
            assert browser.get(address).status_code == 403
            refused = Page(browser.post(address, {"text": "Not hers."}))
            assert refused.status == 403
        for address in (edit(waiting), delete(waiting), edit(waiting.pk + 1000)):
            assert browser.get(address).status_code == browser.post(address, {"text": "x"}).status_code == 404
    assert history(comment) == ["Hers."]
    assert Comment.objects.get(pk=comment.pk).is_approved
    kept = Page(stranger.post(edit(comment), {"text": "Typed after the log-in ended."}))
    assert "Typed after the log-in ended." in words(kept.id("edit-text"))
    assert f"next={edit(comment)}" in kept.html


@pytest.mark.both
def test_whose_it_is_is_looked_at_again_under_the_lock(writer: Browser, stranger: Browser, essay: Essay) -> None:
    """As when it becomes somebody else's between the page and the verb."""
    comment = writer.say(essay, text="Hers.")
    nobody, somebody = Viewer(), Viewer(Commenter.objects.of(make.user("somebody")))
    for by in (nobody, somebody):
        with pytest.raises(editing.NotYours):
            editing.edit(comment.pk, by=by, text="Not hers.", sender=Sender(), rules=Rules.objects.current())
        with pytest.raises(editing.NotYours):
            editing.remove(comment.pk, by=by)
    assert said(stranger, essay, comment) == "Hers."


def test_another_site_cannot_send_it(rosa: User, writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Hers.")
    elsewhere = Browser(rosa, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.post(edit(comment), {"text": "Not hers."}).status_code == 403
    assert elsewhere.post(delete(comment)).status_code == 403
    silent = Browser(rosa, headers={})
    assert silent.post(edit(comment), {"text": "Not hers."}).status_code == 403
    token = Page(silent.get(edit(comment))).one("input[@name='csrfmiddlewaretoken']").get("value", "")
    assert silent.post(edit(comment), {"text": "Hers again.", "csrfmiddlewaretoken": token}).status_code == 302
    assert history(comment) == ["Hers.", "Hers again."]


# Until when


def test_the_window_ends_and_says_when(writer: Browser, essay: Essay) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        essay = make.essay("At noon")
        comment = writer.say(essay, text="Before.")
        clock.move_to(NOON + timedelta(minutes=14, seconds=59))
        assert save(writer, comment, "In time.").status == 302
        clock.move_to(NOON + timedelta(minutes=15))
        assert set(links(writer.read(essay).comment(comment))) & {"Edit", "Delete"} == {"Delete"}
        late = Page(writer.post(edit(comment), {"text": "Too late."}))
        assert late.status == writer.get(edit(comment)).status_code == 403
        assert "could be edited until 24 November 2026, 12:15." in late.words
        assert words(late.id("edit-text")) == "Too late."
        make.rules(hold_first_comment=False, edit_minutes=16)
        assert save(writer, comment, "Longer.").status == 302
    assert history(comment) == ["Before.", "In time.", "Longer."]


def test_where_the_owner_says_so_nothing_is_edited(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, edit_minutes=0)
    comment = writer.say(essay, text="It stands.")
    assert "Edit" not in links(writer.read(essay).comment(comment))
    refused = Page(writer.post(edit(comment), {"text": "It does not."}))
    assert refused.status == 403
    assert "Comments cannot be edited here." in refused.words
    assert writer.post(delete(comment)).status_code == 302


@pytest.mark.parametrize(("is_asked", "status"), [(False, 302), (True, 403)])
def test_an_answer_closes_the_window_if_the_owner_says_so(
    writer: Browser, stranger: Browser, essay: Essay, is_asked: bool, status: int
) -> None:
    make.rules(hold_first_comment=False, edit_until_answered=is_asked)
    comment = writer.say(essay, text="Before.")
    writer.say(essay, text="And one more thing.", parent=str(comment.pk))  # answers nobody
    make.comment(essay, "It waits.", to=comment, status="pending")  # nobody sees it
    assert save(writer, comment, "Unanswered.").status == 302
    stranger.say(essay, text="I object.", parent=str(comment.pk))
    assert ("Edit" in links(writer.read(essay).comment(comment))) is not is_asked
    answer = Page(writer.post(edit(comment), {"text": "Answered."}))
    assert answer.status == status
    assert ("Somebody has answered" in answer.words) is is_asked


def test_with_that_said_the_window_still_ends(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, edit_until_answered=True)
    comment = writer.say(essay, text="Before.")
    Comment.objects.filter(pk=comment.pk).update(created=comment.created - timedelta(minutes=15))
    assert writer.post(edit(comment), {"text": "Late."}).status_code == 403


def test_when_the_discussion_is_closed_its_writers_can_do_the_same(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Before.")
    Discussion.objects.filter(essay=essay).update(is_open=False)
    shown = links(writer.read(essay).comment(comment))
    assert {"Edit", "Delete"} <= set(shown)
    assert "Reply" not in shown
    assert save(writer, comment, "After.").status == 302
    assert writer.post(delete(comment)).status_code == 302


def test_what_was_imported_can_be_deleted_by_its_writer(writer: Browser, essay: Essay, rosa: User) -> None:
    comment = make.comment(essay, "Years ago.", by=Commenter.objects.of(rosa))
    Comment.objects.filter(pk=comment.pk).update(created=NOON - timedelta(days=3000))
    assert writer.post(edit(comment), {"text": "Now."}).status_code == 403
    assert writer.post(delete(comment)).status_code == 302


# What becomes of the words


def test_they_are_cleaned_like_a_post(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Before.")
    save(writer, comment, '<script>alert(1)</script><b onclick="x()">bold</b> [x](javascript:alert(1))')
    comment.refresh_from_db()
    assert comment.wording
    assert "<b>bold</b>" in comment.wording.html
    for bad in ("<script", "onclick", 'href="javascript'):
        assert bad not in comment.wording.html


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  ", "Please leave some words."),
        ("x" * 65_526, "long"),
        ("Buy cheap pills.", "does not publish comments with “pills”"),
        ("<b></b>", "Nothing of this would be seen."),
    ],
)
def test_refused_words_come_back_as_they_were(writer: Browser, essay: Essay, text: str, problem: str) -> None:
    make.rules(hold_first_comment=False, refuse_words="pills")
    comment = writer.say(essay, text="Before.")
    page = save(writer, comment, text)
    assert page.status == 422
    assert problem in words(page.id("edit-error"))
    assert (page.id("edit-text").text or "").removeprefix("\n") == text
    assert history(comment) == ["Before."]


def test_published_words_that_a_post_would_be_held_for_wait(
    writer: Browser, stranger: Browser, essay: Essay, settings: Any
) -> None:
    make.rules(hold_first_comment=False, hold_words="gold")
    mara = make.moderator("mara")
    comment = writer.say(essay, text="Before.")
    stranger.say(essay, text="An answer.", parent=str(comment.pk))
    jobs = DBTaskResult.objects.count()
    answer = save(writer, comment, "All about gold.")
    assert DBTaskResult.objects.count() == jobs + 1
    page = writer.read(answer.answer.headers["Location"])
    assert "Your comment is awaiting moderation. A moderator reads it" in words(page.comment(comment))
    assert "gold" not in stranger.read(essay).html
    assert "Before." not in stranger.read(essay).html
    assert Discussion.objects.get(essay=essay).responses == 1
    assert not list(checking.problems())
    tell.call(comment.pk)
    assert Notice.objects.filter(comment=comment, kind="held", recipient=mara, state="sent").count() == 1
    save(writer, comment, "All about gold and silver.")
    assert DBTaskResult.objects.count() == jobs + 1
    tell.call(comment.pk)
    assert len([one for one in mail.outbox if one.to == [mara.email]]) == 1
    assert save(writer, comment, "About nothing.").status == 302
    comment.refresh_from_db()
    assert comment.status == Status.PENDING  # who waits goes on waiting
    assert comment.wording
    assert [reason["code"] for reason in comment.wording.reasons] == ["word"]
    deciding.approve(comment, by=mara)
    assert said(stranger, essay, comment) == "About nothing."


def test_a_first_comment_is_still_the_first(guest: Browser, essay: Essay) -> None:
    comment = guest.say(essay, text="Hello.", remember="on")
    deciding.approve(comment, by=make.moderator("mara"))
    save(guest, comment, "Something else altogether.")
    comment.refresh_from_db()
    assert comment.status == Status.PENDING
    assert Discussion.objects.get(essay=essay).responses == 0


def test_the_author_of_an_essay_is_not_held(author: User, essay: Essay) -> None:
    make.rules(hold_everything=True)
    browser = Browser(author)
    comment = browser.say(essay, text="Mine.")
    save(browser, comment, "Mine still.")
    assert said(Browser(), essay, comment) == "Mine still."


def test_authors_hear_of_a_comment_once(writer: Browser, essay: Essay, author: User) -> None:
    comment = writer.say(essay, text="Before.")
    tell.call(comment.pk)
    save(writer, comment, "After.")
    tell.call(comment.pk)
    assert [one.to for one in mail.outbox] == [[author.email]]


@pytest.mark.both
def test_changed_in_two_tabs_nothing_is_lost(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Before.")
    old = str(comment.wordings.get().pk)
    save(writer, comment, "From the first tab.")
    late = Page(writer.post(edit(comment), {"text": "From the second tab.", "seen": old}))
    assert late.status == 409
    assert words(late.id("edit-current")) == "From the first tab."
    assert words(late.id("edit-text")) == "From the second tab."
    assert said(stranger, essay, comment) == "From the first tab."
    seen = late.one("input[@name='seen']").get("value", "")
    assert writer.post(edit(comment), {"text": "From both.", "seen": seen}).status_code == 302
    again = writer.post(edit(comment), {"text": "From both.", "seen": seen})  # the button pressed twice
    assert again.status_code == 302
    assert history(comment) == ["Before.", "From the first tab.", "From both."]
    assert writer.post(edit(comment), {"text": "x", "seen": "\0" * 9}).status_code == 409


def test_words_that_did_not_change_are_not_marked(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="As it was.")
    save(writer, comment, "As it was.\r\n")
    assert history(comment) == ["As it was."]
    assert Comment.objects.get(pk=comment.pk).edited is None


def test_twenty_times_an_hour(writer: Browser, essay: Essay) -> None:
    with time_machine.travel(NOON, tick=False):
        comment = writer.say(make.essay("At noon"), text="Before.")
        for number in range(20):
            assert writer.post(edit(comment), {"text": f"Number {number}."}).status_code == 302
        page = save(writer, comment, "Once more.")
    assert page.status == 429
    assert page.answer.headers["Retry-After"] == "180"
    assert "please wait 3 minutes" in page.words
    assert words(page.id("edit-text")) == "Once more."


@pytest.mark.both
def test_it_costs_few_queries(writer: Browser, essay: Essay, django_assert_max_num_queries: Any) -> None:
    comment = writer.say(essay, text="Before.")
    for _ in range(5):
        make.comment(essay, to=comment)
    for address, sent in ((edit(comment), {"text": "After."}), (delete(comment), {})):
        with django_assert_max_num_queries(15):
            assert writer.get(address).status_code == 200
        with django_assert_max_num_queries(15 + 2):  # what begins and ends the transaction asks nothing
            assert writer.post(address, sent).status_code == 302
    with django_assert_max_num_queries(12):
        writer.get(essay.get_absolute_url())


def test_feeds_say_when_it_was_changed(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Before.")
    make.comment(essay, "Unchanged.")
    assert "atom:updated" not in writer.get("/comments/feed/").content.decode()
    save(writer, comment, "After.")
    comment.refresh_from_db()
    assert comment.edited
    moment = comment.edited.isoformat()
    feed = writer.get("/comments/feed/").content.decode()
    assert "After." in feed
    assert feed.count(f"<atom:updated>{moment}</atom:updated>") == feed.count("<atom:updated>") == 1
    assert f"<updated>{moment}</updated>" in writer.get("/comments/feed/atom/").content.decode()


# Taking it away


@pytest.mark.both
def test_without_answers_it_vanishes(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="A slip.")
    form = Page(writer.get(delete(comment)))
    assert "A slip." in form.words
    assert [words(button) for button in form.all("button")] == ["Delete"]
    answer = writer.post(delete(comment))
    assert place(answer) == f"{essay.get_absolute_url()}?deleted=1"
    assert "Your comment is deleted." in [
        words(part) for part in writer.read(answer["Location"]).all("p[@role='status']")
    ]
    assert stranger.read(essay).shown == []
    assert Discussion.objects.get(essay=essay).responses == 0
    assert not list(checking.problems())
    assert writer.post(delete(comment)).status_code == 302  # the button pressed twice
    assert Discussion.objects.get(essay=essay).responses == 0
    assert history(comment) == ["A slip."]
    assert writer.post(edit(comment), {"text": "Back."}).status_code == 403


@pytest.mark.both
def test_under_answers_its_place_stays(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="A claim.")
    reply = stranger.say(essay, text="An objection.", parent=str(comment.pk))
    writer.post(delete(comment))
    page = stranger.read(essay)
    assert page.shown == [comment.pk, reply.pk]
    assert "Removed by its author." in words(page.comment(comment))
    assert "A claim." not in page.html
    assert "Rosa" not in page.html
    assert Discussion.objects.get(essay=essay).responses == 1
    assert not list(checking.problems())
    deciding.restore(Comment.objects.get(pk=comment.pk), by=make.moderator("mara"))
    deciding.approve(Comment.objects.get(pk=comment.pk), by=make.moderator("jo"))
    assert said(stranger, essay, comment) == "A claim."
    assert not list(checking.problems())


def test_one_that_waits_can_be_edited_and_deleted(guest: Browser, essay: Essay) -> None:
    comment = guest.say(essay, text="It waits.", remember="on")
    shown = links(guest.read(essay).comment(comment))
    assert {"Edit", "Delete"} <= set(shown)
    assert "Reply" not in shown
    assert save(guest, comment, "It waits, better.").status == 302
    assert guest.post(delete(comment)).status_code == 302
    assert guest.read(essay).shown == []
    assert Comment.objects.get(pk=comment.pk).removed_by == Comment.Remover.AUTHOR


def test_what_a_moderator_took_away_is_not_the_writers_to_take(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Off the point.")
    deciding.trash(comment, by=make.moderator("mara"))
    page = Page(writer.post(delete(comment)))
    assert page.status == 403
    assert "A moderator has removed this comment already." in page.words
    assert Comment.objects.get(pk=comment.pk).removed_by == Comment.Remover.MODERATOR


def test_under_an_essay_that_is_gone_it_can_be_deleted(writer: Browser, essay: Essay) -> None:
    comment = writer.say(essay, text="Here.")
    Essay.objects.filter(pk=essay.pk).update(published=None)
    assert writer.get(edit(comment)).status_code == 404
    assert writer.post(delete(comment))["Location"] == "/comments/mine/"
    assert Comment.objects.get(pk=comment.pk).status == Status.TRASH


def test_what_was_held_for_its_new_words_comes_back_to_wait(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_words="gold")
    mara, comment = make.moderator("mara"), writer.say(essay, text="Gold.")
    deciding.approve(comment, by=mara)
    save(writer, comment, "More gold.")
    writer.post(delete(comment))
    comment.refresh_from_db()
    deciding.restore(comment, by=mara)
    assert Comment.objects.get(pk=comment.pk).status == Status.PENDING


# What moderators see


def row_of(desk: Browser, comment: Comment, status: str) -> Any:
    return Page(desk.get(f"/admin/comments/queue/?status={status}")).comment(comment)


def test_moderators_read_what_stood_there_before(
    writer: Browser, essay: Essay, django_assert_max_num_queries: Any
) -> None:
    desk = Browser(make.moderator("mara"))
    comment = writer.say(essay, text="The first.")
    assert "earlier" not in words(row_of(desk, comment, "approved"))
    save(writer, comment, "The second.")
    save(writer, comment, "The third.")
    with django_assert_max_num_queries(15):
        row = row_of(desk, comment, "approved")
    said = [words(part) for part in row.iter() if part.get("class") == "comment-body"]
    assert said == ["The third.", "The second.", "The first."]
    assert "2 earlier wordings" in words(row)
    assert "edited just now" in words(row)
    writer.post(delete(comment))
    assert "Removed by its author, just now" in words(row_of(desk, comment, "trash"))


@pytest.mark.parametrize("several", [False, True])
def test_a_moderator_decides_about_the_words_they_read(guest: Browser, essay: Essay, several: bool) -> None:
    desk = Browser(make.moderator("mara"))
    comments = [guest.say(essay, text=text, remember="on") for text in ("Harmless.", "Harmless too.")]
    shown = [row_of(desk, comment, "pending") for comment in comments]
    seen = [next(field.get("value") for field in row.iter() if field.get("name") == "seen") for row in shown]
    save(guest, comments[0], "Not harmless at all.")
    keys = [comment.pk for comment in comments] if several else [comments[0].pk]
    sent = {"action": "approve", "comment": keys, "seen": seen}
    answer = desk.post("/admin/comments/queue/", sent)
    told = words(Page(desk.get(answer["Location"])).tree)
    assert Comment.objects.get(pk=comments[0].pk).status == Status.PENDING
    assert Comment.objects.get(pk=comments[1].pk).is_approved is several
    assert ("1 approved, 1 was just changed by its writer." if several else "has just changed this comment") in told
