"""Permission to edit and delete one's own comments: by login, cookie or link, and until when."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Discussion, Rules
from comments.posting import editing
from comments.screening.screening import Sender
from comments.threads.viewer import Viewer
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.own_comments import NOON, delete_path, edit_path, links, save, shown_text, stored_texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Login, cookie or link


@pytest.mark.both
def test_a_logged_in_person_can_edit(writer: Browser, stranger: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="The *first* form.")
    shown = links(writer.read(essay).comment(comment))
    assert (shown["Edit"], shown["Delete"]) == (edit_path(comment), delete_path(comment))
    form = Page(writer.get(edit_path(comment)))
    assert form.response.headers["Cache-Control"] == "private, no-store"
    assert (form.by_id("edit-text").text or "").lstrip("\n") == "The *first* form."
    answer = save(writer, comment, "The **second** form.")
    assert answer.status == 302
    page = writer.read(answer.response.headers["Location"])
    assert "Changes saved." in text_of(page.comment(comment))
    assert "edited" in text_of(page.comment(comment))
    assert shown_text(stranger, essay, comment) == "The second form."
    assert stored_texts(comment) == ["The *first* form.", "The **second** form."]
    comment.refresh_from_db()
    assert comment.edited
    assert comment.is_approved


def test_a_remembered_guest_is_recognized_by_the_cookie(guest: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    comment = guest.post_comment(essay, text="Before.", remember="on")
    assert settings.COMMENTER_COOKIE_NAME in guest.cookies
    assert links(guest.read(essay).comment(comment))["Edit"] == edit_path(comment)
    assert save(guest, comment, "After.").status == 302
    assert stored_texts(comment) == ["Before.", "After."]


@pytest.mark.parametrize("email", ["anna@example.org", ""])
def test_a_guest_without_a_cookie_can_edit_by_the_link(
    guest: Browser, stranger: Browser, essay: Essay, email: str
) -> None:
    make.rules(hold_first_comment=False, who_may_comment="name")
    answer = guest.submit_comment(essay, text="Before.", email=email).response
    comment = Comment.objects.latest("pk")
    by_key = links(guest.read(answer.headers["Location"]).comment(comment))
    assert by_key["Edit"].startswith(f"{edit_path(comment)}?key=")
    assert "Edit" not in links(guest.read(essay).comment(comment))  # the page without it is everybody's
    answer = save(guest, comment, "After.", at=by_key["Edit"])
    assert "?key=" in answer.response.headers["Location"]
    assert answer.response.headers.get("Referrer-Policy") == "same-origin"
    assert shown_text(stranger, essay, comment) == "After."
    assert guest.post(by_key["Delete"]).status_code == 302
    assert stranger.read(essay).comment_keys == []


def test_posting_a_duplicate_gives_no_right_to_edit(guest: Browser, stranger: Browser, essay: Essay) -> None:
    comment = guest.post_comment(essay, text="Mine.")
    typed = stranger.submit_comment(essay, text="Mine.")
    assert typed.status == 409
    address = next(href for link, href in links(typed.by_id("respond")).items() if link == "View your comment")
    key = address.partition("?")[2]
    assert "Edit" not in links(stranger.read(address).comment(comment))
    for at in (edit_path(comment), delete_path(comment)):
        assert stranger.post(f"{at}?{key}", {"text": "Yours."}).status_code == 403
    forged = key.replace("key=", "key=", 1).replace(str(comment.pk), f"{comment.pk}-own", 1)
    assert stranger.post(f"{delete_path(comment)}?{forged}").status_code == 404
    assert stored_texts(comment) == ["Mine."]


def test_the_link_opens_one_comment_unless_it_was_claimed(
    guest: Browser, stranger: Browser, essay: Essay, rosa: User
) -> None:
    make.rules(hold_first_comment=False)
    address = guest.submit_comment(essay, text="Mine.").response.headers["Location"]
    mine, key = Comment.objects.latest("pk"), address.partition("?")[2]
    other = stranger.post_comment(essay, text="Another's.", name="Tobias Fenn", email="tobias@example.org")
    assert guest.post(f"{edit_path(other)}?{key}", {"text": "Taken."}).status_code == 403
    Comment.objects.filter(pk=mine.pk).update(commenter=Commenter.objects.for_user(rosa))
    assert guest.post(f"{delete_path(mine)}?{key}").status_code == 403
    assert Browser(rosa).post(delete_path(mine)).status_code == 302


def test_other_people_can_do_nothing_and_learn_nothing(
    writer: Browser, stranger: Browser, essay: Essay, rosa: User
) -> None:
    comment = writer.post_comment(essay, text="Hers.")
    waiting = make.comment(essay, "It waits.", status="pending")
    others = (stranger, Browser(), Browser(make.user("somebody")), Browser(make.moderator("mara")))
    for browser in others:
        assert "Edit" not in links(browser.read(essay).comment(comment))
        for address in (edit_path(comment), delete_path(comment)):
            assert browser.get(address).status_code == 403
            refused = Page(browser.post(address, {"text": "Not hers."}))
            assert refused.status == 403
        for address in (edit_path(waiting), delete_path(waiting), edit_path(waiting.pk + 1000)):
            assert browser.get(address).status_code == browser.post(address, {"text": "x"}).status_code == 404
    assert stored_texts(comment) == ["Hers."]
    assert Comment.objects.get(pk=comment.pk).is_approved
    kept = Page(stranger.post(edit_path(comment), {"text": "Typed after the log-in ended."}))
    assert "Typed after the log-in ended." in text_of(kept.by_id("edit-text"))
    assert f"next={edit_path(comment)}" in kept.html


@pytest.mark.both
def test_the_author_is_checked_again_under_the_lock(writer: Browser, stranger: Browser, essay: Essay) -> None:
    """It may be claimed by another account between the form and the post."""
    comment = writer.post_comment(essay, text="Hers.")
    nobody, somebody = Viewer(), Viewer(Commenter.objects.for_user(make.user("somebody")))
    for by in (nobody, somebody):
        with pytest.raises(editing.NotAuthor):
            editing.edit(comment.pk, by=by, text="Not hers.", sender=Sender(), rules=Rules.objects.current())
        with pytest.raises(editing.NotAuthor):
            editing.remove(comment.pk, by=by)
    assert shown_text(stranger, essay, comment) == "Hers."


def test_a_cross_site_request_is_rejected(rosa: User, writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Hers.")
    elsewhere = Browser(rosa, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.post(edit_path(comment), {"text": "Not hers."}).status_code == 403
    assert elsewhere.post(delete_path(comment)).status_code == 403
    silent = Browser(rosa, headers={})
    assert silent.post(edit_path(comment), {"text": "Not hers."}).status_code == 403
    token = Page(silent.get(edit_path(comment))).only("input[@name='csrfmiddlewaretoken']").get("value", "")
    assert silent.post(edit_path(comment), {"text": "Hers again.", "csrfmiddlewaretoken": token}).status_code == 302
    assert stored_texts(comment) == ["Hers.", "Hers again."]


# Until when


def test_editing_ends_and_the_page_says_when(writer: Browser, essay: Essay) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        essay = make.essay("At noon")
        comment = writer.post_comment(essay, text="Before.")
        clock.move_to(NOON + timedelta(minutes=14, seconds=59))
        assert save(writer, comment, "In time.").status == 302
        clock.move_to(NOON + timedelta(minutes=15))
        assert set(links(writer.read(essay).comment(comment))) & {"Edit", "Delete"} == {"Delete"}
        late = Page(writer.post(edit_path(comment), {"text": "Too late."}))
        assert late.status == writer.get(edit_path(comment)).status_code == 403
        assert "You could only edit this comment until 24 November 2026, 12:15." in late.text
        assert text_of(late.by_id("edit-text")) == "Too late."
        make.rules(hold_first_comment=False, edit_minutes=16)
        assert save(writer, comment, "Longer.").status == 302
    assert stored_texts(comment) == ["Before.", "In time.", "Longer."]


def test_editing_can_be_turned_off(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, edit_minutes=0)
    comment = writer.post_comment(essay, text="It stands.")
    assert "Edit" not in links(writer.read(essay).comment(comment))
    refused = Page(writer.post(edit_path(comment), {"text": "It does not."}))
    assert refused.status == 403
    assert "Comments can’t be edited on this site." in refused.text
    assert writer.post(delete_path(comment)).status_code == 302


@pytest.mark.parametrize(("is_asked", "status"), [(False, 302), (True, 403)])
def test_a_reply_can_end_editing(writer: Browser, stranger: Browser, essay: Essay, is_asked: bool, status: int) -> None:
    make.rules(hold_first_comment=False, edit_until_answered=is_asked)
    comment = writer.post_comment(essay, text="Before.")
    writer.post_comment(essay, text="And one more thing.", parent=str(comment.pk))  # answers nobody
    make.comment(essay, "It waits.", to=comment, status="pending")  # nobody sees it
    assert save(writer, comment, "Unanswered.").status == 302
    stranger.post_comment(essay, text="I object.", parent=str(comment.pk))
    assert ("Edit" in links(writer.read(essay).comment(comment))) is not is_asked
    answer = Page(writer.post(edit_path(comment), {"text": "Answered."}))
    assert answer.status == status
    assert ("Someone has replied" in answer.text) is is_asked


def test_editing_also_ends_by_time_with_that_rule(writer: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False, edit_until_answered=True)
    comment = writer.post_comment(essay, text="Before.")
    Comment.objects.filter(pk=comment.pk).update(created=comment.created - timedelta(minutes=15))
    assert writer.post(edit_path(comment), {"text": "Late."}).status_code == 403


def test_authors_can_edit_and_delete_in_a_closed_discussion(writer: Browser, essay: Essay) -> None:
    comment = writer.post_comment(essay, text="Before.")
    Discussion.objects.filter(essay=essay).update(is_open=False)
    shown = links(writer.read(essay).comment(comment))
    assert {"Edit", "Delete"} <= set(shown)
    assert "Reply" not in shown
    assert save(writer, comment, "After.").status == 302
    assert writer.post(delete_path(comment)).status_code == 302


def test_an_imported_comment_can_be_deleted_by_its_author(writer: Browser, essay: Essay, rosa: User) -> None:
    comment = make.comment(essay, "Years ago.", by=Commenter.objects.for_user(rosa))
    Comment.objects.filter(pk=comment.pk).update(created=NOON - timedelta(days=3000))
    assert writer.post(edit_path(comment), {"text": "Now."}).status_code == 403
    assert writer.post(delete_path(comment)).status_code == 302
