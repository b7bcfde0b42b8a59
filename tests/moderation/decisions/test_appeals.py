"""An author reads why a comment was rejected, and may appeal once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Appeal, Comment, Reason
from moderation.decisions import actions, undo
from moderation.decisions.actions import AlreadyDecided
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from transfer.person.deletion import delete_person

pytestmark = pytest.mark.django_db
WHY = "Your comment attacks people instead of their arguments. Please rewrite it without that. Try again."


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=False)
    return make.essay("Of Forms")


@pytest.fixture
def mara() -> User:
    return make.moderator("mara", name="Mara")


@pytest.fixture
def rosa() -> Browser:
    return Browser(make.user("rosa", name="Rosa"))


@pytest.fixture
def comment(essay: Essay, rosa: Browser) -> Comment:
    return rosa.post_comment(essay, text="You fool.")


def refuse(comment: Comment, by: User, verb: Any = actions.trash) -> Any:
    reason = Reason.objects.get(name="Insulting")
    return verb(comment, by=by, note="Between us.", reason=reason, message="Try again.")


def address(comment: Comment) -> str:
    return f"/comments/{comment.pk}/appeal/"


def appeal(browser: Browser, comment: Comment, **fields: str) -> Page:
    return Page(browser.post(address(comment), {"words": "It was a quotation."} | fields))


def stands(comment: Comment) -> tuple[str, str, str]:
    found = Appeal.objects.select_related("comment").get(comment=comment.pk)
    return found.comment.status, found.state, found.answer


def mailed_to(email: str) -> list[Any]:
    run_ready_jobs()
    return [message for message in mail.outbox if message.recipients() == [email]]


# What a writer is told


@pytest.mark.parametrize("verb", [actions.trash, actions.mark_spam])
def test_the_author_reads_the_reason_wherever_they_see_their_comment(
    essay: Essay, rosa: Browser, comment: Comment, mara: User, verb: Any
) -> None:
    decision = refuse(comment, mara, verb)
    place = rosa.read(essay).comment(comment)
    assert f"Your comment was removed. {WHY}" in text_of(place)
    assert "You fool." in text_of(place)
    assert place.get("data-status") == decision.after
    assert address(comment) in [link.get("href") for link in place.iter("a")]
    assert WHY in rosa.read("/replies/comments/").text
    assert WHY in Page(rosa.get(f"/comments/{comment.pk}/edit/")).text
    assert WHY in rosa.read(address(comment)).text
    assert rosa.get(comment.get_absolute_url())["Location"] == address(comment)
    for page in (rosa.read(essay), rosa.read("/replies/comments/"), rosa.read(address(comment))):
        assert not [secret for secret in ("Between us", "Mara") if secret in page.text]
    stranger = Browser()
    assert stranger.read(essay).comment_keys == []
    assert stranger.get(address(comment)).status_code == 404
    assert stranger.get(comment.get_absolute_url()).status_code == 404


def test_an_undo_removes_the_message(essay: Essay, rosa: Browser, comment: Comment, mara: User) -> None:
    actions.unapprove(comment, by=mara)
    decision = refuse(comment, mara)
    assert f"Your comment was not published. {WHY}" in rosa.read(essay).text
    undo.undo(decision, by=mara)
    assert WHY not in rosa.read(essay).text + rosa.read("/replies/comments/").text
    assert rosa.get(address(comment)).status_code == 404
    assert "awaiting moderation" in rosa.read(essay).text


@pytest.mark.once
def test_a_guest_without_a_cookie_reads_it_through_their_link(essay: Essay, mara: User) -> None:
    make.rules(hold_first_comment=True)
    guest = Browser()
    place = guest.submit_comment(essay, text="You fool.").response["Location"]
    key = place.partition("?")[2]
    comment = Comment.objects.get()
    refuse(comment, mara)
    page = guest.read(f"{essay.get_absolute_url()}?{key}")
    assert WHY in page.text
    link = next(link.get("href") for link in page.comment(comment).iter("a") if text_of(link) == "Appeal")
    assert Page(guest.post(str(link), {"words": "No."})).status == 303
    assert Browser().get(address(comment)).status_code == 404


@pytest.mark.once
def test_a_subscriber_is_emailed_the_reason_with_a_link_to_appeal(essay: Essay, rosa: Browser, mara: User) -> None:
    make.rules(hold_everything=True)
    comment = rosa.post_comment(essay, text="You fool.")
    rosa.post(f"/comments/{comment.pk}/tell/", {"email": "rosa@example.org"})
    refuse(comment, mara)
    message = mailed_to("rosa@example.org")[0]
    assert WHY in message.body
    assert not [secret for secret in ("Between us", "Mara") if secret in str(message.message())]
    link = next(word for word in message.body.split() if "/appeal/" in word)
    anywhere = Browser()
    page = anywhere.get("/" + link.split("/", 3)[3])
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert WHY in Page(page).text
    assert anywhere.get(address(comment) + "?by=forged").status_code == 404
    other = make.comment(essay, status="trash")
    assert anywhere.get(address(other) + "?" + link.partition("?")[2]).status_code == 404
    assert anywhere.post("/" + link.split("/", 3)[3], {"words": "A quotation."}).status_code == 303
    assert stands(comment) == ("trash", "open", "")


@pytest.mark.parametrize("tells", [True, False])
def test_a_tombstone_shows_who_removed_it_and_why_if_the_owner_allows_it(
    essay: Essay, comment: Comment, mara: User, tells: bool
) -> None:
    make.rules(tombstones_tell=tells)
    make.comment(essay, "An answer.", to=comment)
    decision = refuse(comment, mara)
    said = text_of(Browser().read(essay).comment(comment))
    assert ("Removed by moderator Mara: Insulting." in said) is tells
    assert ("Removed by a moderator." in said) is not tells
    assert "Try again." not in said
    undo.undo(decision, by=mara)
    assert "Removed" not in Browser().read(essay).text


@pytest.mark.once
def test_reasons_cost_one_query(
    essay: Essay, rosa: Browser, comment: Comment, mara: User, django_assert_max_num_queries: Any
) -> None:
    make.rules(hold_first_comment=False, tombstones_tell=True)
    for _ in range(3):
        gone = make.comment(essay)
        make.comment(essay, to=gone)
        refuse(gone, mara)
        refuse(rosa.post_comment(essay, text=f"Fool number {gone.pk}."), mara)
    refuse(comment, mara)
    for browser, most in ((Browser(), 12), (rosa, 12)):
        with django_assert_max_num_queries(most):
            page = browser.read(essay)
        assert page.text.count("Removed by moderator Mara") == 3
    assert page.text.count(WHY) == 4


# The appeal


def test_an_author_appeals_once_and_moderators_are_notified(comment: Comment, rosa: Browser, mara: User) -> None:
    make.moderator("joris")
    decision = refuse(comment, mara)
    assert appeal(rosa, comment, words=" ").status == 422
    assert appeal(rosa, comment).status == 303
    assert "You’ve appealed." in rosa.read(address(comment)).text
    made = Appeal.objects.get()
    assert (made.text, made.decision, made.state) == ("It was a quotation.", decision, "open")
    again = appeal(rosa, comment, words="And another thing.")
    assert again.status == 409
    assert Appeal.objects.get().text == "It was a quotation."
    message = mailed_to("joris@example.org")[-1]
    assert message.subject == "[Rejoinder] Appeal by Rosa on “Of Forms”"
    for part in ("You fool.", "It was a quotation.", "Rejected by Mara.", "Approve: http", "Reject appeal: http"):
        assert part in message.body


@pytest.mark.once
def test_not_everything_can_be_appealed(essay: Essay, rosa: Browser, comment: Comment, mara: User) -> None:
    assert appeal(rosa, comment).status == 404  # published
    own = rosa.post_comment(essay, text="Mine to take.")
    rosa.post(f"/comments/{own.pk}/delete/")
    assert appeal(rosa, own).status == 404
    unseen = rosa.post_comment(essay, text="Spam by the filter alone.")
    Comment.objects.filter(pk=unseen.pk).update(status="spam")
    assert appeal(rosa, unseen).status == 404
    refuse(comment, mara)
    assert appeal(Browser(make.user("ines")), comment).status == 404
    make.rules(writers_may_appeal=False)
    assert appeal(rosa, comment).status == 403
    assert "Appeal" not in rosa.read(essay).text
    make.rules(writers_may_appeal=True)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        late = Browser(comment.commenter.user)
        assert appeal(late, comment).status == 403
        assert WHY not in late.read(essay).text
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("verb", ["approve", "restore"])
def test_approving_grants_the_appeal_and_each_undo_reverses_it(
    comment: Comment, rosa: Browser, mara: User, verb: str
) -> None:
    refuse(comment, mara)
    appeal(rosa, comment, tell="on")
    joris = make.moderator("joris")
    granted = getattr(actions, verb)(comment, by=joris)
    assert stands(comment) == ("approved", "granted", "")
    assert Appeal.objects.get().answered_by == joris
    undone = undo.undo(granted, by=joris)
    assert stands(comment) == ("trash", "open", "")
    assert Appeal.objects.get().answered_by is None
    assert not [message for message in mailed_to("rosa@example.org") if "appeal" in message.subject]
    undo.undo(undone, by=joris)
    assert stands(comment) == ("approved", "granted", "")
    assert mailed_to("rosa@example.org")[-1].subject == "[Rejoinder] Appeal granted: your comment on “Of Forms”"


def test_rejecting_the_appeal_sends_a_message_and_each_undo_reverses_it(
    comment: Comment, rosa: Browser, mara: User
) -> None:
    refuse(comment, mara)
    appeal(rosa, comment, tell="on")
    denied = actions.deny(comment, by=mara, message="A quotation has marks.")
    assert stands(comment) == ("trash", "denied", "A quotation has marks.")
    undone = undo.undo(denied, by=mara)
    assert stands(comment) == ("trash", "open", "")
    again = undo.undo(undone, by=mara)
    assert stands(comment) == ("trash", "denied", "A quotation has marks.")
    assert "Your appeal was denied. A quotation has marks." in rosa.read(address(comment)).text
    assert "A quotation has marks." in rosa.read("/replies/comments/").text
    message = mailed_to("rosa@example.org")[-1]
    assert "A quotation has marks." in message.body
    assert "Mara" not in str(message.message())
    with pytest.raises(AlreadyDecided):
        actions.deny(comment, by=mara)
    assert WHY in rosa.read(comment.essay).text  # still the reason, not the message about the appeal
    assert again.before == again.after == "trash"


@pytest.mark.once
def test_moving_it_from_trash_to_spam_leaves_the_appeal_open(comment: Comment, rosa: Browser, mara: User) -> None:
    refuse(comment, mara)
    appeal(rosa, comment)
    actions.mark_spam(comment, by=mara)
    assert stands(comment) == ("spam", "open", "")


@pytest.mark.once
def test_erasing_a_person_erases_the_text_of_their_appeal(comment: Comment, rosa: Browser, mara: User) -> None:

    refuse(comment, mara)
    appeal(rosa, comment)
    delete_person(Commenter.objects.get(user__username="rosa"), keep_comments=True)
    assert Appeal.objects.get().text == ""


# The owner's list


@pytest.mark.once
def test_the_owner_edits_the_list_of_reasons() -> None:
    desk = Browser(make.owner("owner"))
    assert "Off topic" in desk.get("/admin/comments/reason/").content.decode()
    said = {"name": "Too long", "sentence": "Please be brief.", "position": "9", "is_offered": "on"}
    assert desk.post("/admin/comments/reason/add/", said).status_code == 302
    assert list(Reason.objects.values_list("name", flat=True))[-1] == "Too long"


# Where moderators find open appeals


@pytest.mark.both
@pytest.mark.parametrize(("action", "state"), [("approve", "granted"), ("deny", "denied")])
def test_an_open_appeal_is_counted_on_its_tab_and_on_the_admin_index(
    rosa: Browser, comment: Comment, mara: User, action: str, state: str
) -> None:
    moderator = Browser(mara)
    assert "/admin/comments/queue/?status=appealed" not in moderator.read("/admin/").html
    refuse(comment, mara)
    appeal(rosa, comment)
    assert "1 open appeal" in moderator.read("/admin/").text
    page = moderator.read("/admin/comments/queue/?status=appealed")
    assert "Appeals 1" in page.text
    assert f'id="comment-{comment.pk}"' in page.html
    moderator.post("/admin/comments/queue/?status=appealed", {"action": action, "comment": str(comment.pk)})
    assert stands(comment)[1] == state
    page = moderator.read("/admin/comments/queue/?status=appealed")
    assert "Appeals 0" in page.text
    assert "No open appeals." in page.text
    assert "open appeal" not in moderator.read("/admin/").text
