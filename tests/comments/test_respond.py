"""The reply form's door: what is taken and where it leads, what is refused and what is said about it."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Discussion, Status, Wording
from moderation import actions as deciding
from tests import make
from tests.comments.door import Browser, Page, place, words

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HELD = "Your comment is awaiting moderation."
COOKIE = settings.COMMENTER_COOKIE_NAME


def approve(comment: Comment) -> None:
    judge = User.objects.filter(username="judge").first() or make.moderator("judge")
    deciding.approve(comment, by=judge)


def reasons(comment: Comment) -> list[str]:
    return [reason["code"] for reason in Wording.objects.get(comment=comment).reasons]


def known(essay: Essay, browser: Browser, **details: str) -> Commenter:
    """Makes this browser's guest somebody whose first comment was approved."""
    comment = browser.say(essay, text="My first.", remember="on", **details)
    approve(comment)
    return comment.commenter


# What is taken


@pytest.mark.both
def test_a_published_reply_leads_to_its_place_on_the_page(essay: Essay, author: User) -> None:
    browser = Browser(author)
    root = make.comment(essay)
    answer = browser.post_to(essay, text="I see.", parent=str(root.pk)).answer
    reply = Comment.objects.latest("pk")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/comments/{reply.pk}/"
    on = browser.get(answer.headers["Location"])
    assert on.headers["Location"] == f"{essay.get_absolute_url()}#comment-{reply.pk}"
    page = Browser().read(place(on))
    assert "I see." in words(page.comment(reply))
    assert page.comment(reply).get("data-status") == "approved"
    assert page.shown == [root.pk, reply.pk]


def test_a_page_is_answered_like_an_essay(author: User, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    about = make.essay("About", by=author, kind="page")
    guest.say(about, text="Who are you?")
    assert "Who are you?" in guest.read("/about/").words


def test_words_come_back_as_they_were_typed(essay: Essay, author: User) -> None:
    typed = "*Well*,\n\nI think <b>so</b> & you?"
    comment = Browser(author).say(essay, text=typed)
    assert Wording.objects.get(comment=comment).text == typed


def test_only_posting_is_answered_here(essay: Essay, guest: Browser) -> None:
    assert guest.get(f"{essay.get_absolute_url()}respond/").status_code == 405


def test_what_is_not_published_cannot_be_answered(author: User, guest: Browser) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for published in (None, tomorrow):
        essay = make.essay(by=author, published=published, dated=date(2026, 1, 1))
        assert guest.post_to(essay).status == 404
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.org", "https://example.org"),
        ("//example.org/a", "https://example.org/a"),
        ("  http://example.org/b ", "http://example.org/b"),
        ("HTTPS://EXAMPLE.org", "HTTPS://EXAMPLE.org"),
        ("", ""),
    ],
)
def test_a_website_typed_without_a_scheme_gets_one(essay: Essay, guest: Browser, typed: str, kept: str) -> None:
    assert guest.say(essay, website=typed).commenter.website == kept


# Held comments, and who sees them


def test_a_guest_without_a_cookie_sees_the_held_comment_by_a_signed_link(essay: Essay, guest: Browser) -> None:
    answer = guest.post_to(essay, text="Hold this.").answer
    comment = Comment.objects.get()
    assert not answer.cookies
    assert comment.status == Status.PENDING
    address = answer.headers["Location"]
    assert address.startswith(f"/comments/{comment.pk}/?key=")
    page = guest.read(address)
    assert "Hold this." in words(page.comment(comment))
    assert HELD in words(page.comment(comment))
    assert "It is your first here." in words(page.comment(comment))


def test_others_see_nothing_of_a_held_comment(essay: Essay, guest: Browser, stranger: Browser) -> None:
    address = guest.post_to(essay, text="Hold this.").answer.headers["Location"]
    comment = Comment.objects.get()
    assert stranger.get(f"/comments/{comment.pk}/").status_code == 404
    assert stranger.get(f"{address[:-1]}x").status_code == 404
    page = stranger.read(essay)
    assert page.shown == []
    assert "Hold this." not in page.html
    assert "0 responses" not in page.words


def test_a_signed_link_opens_one_comment_and_no_other(essay: Essay, guest: Browser, stranger: Browser) -> None:
    mine = guest.post_to(essay, text="Mine.").answer.headers["Location"].partition("?")[2]
    theirs = stranger.say(essay, text="Theirs.", name="Somebody Else")
    assert guest.get(f"/comments/{theirs.pk}/?{mine}").status_code == 404
    assert "Theirs." not in guest.read(f"{essay.get_absolute_url()}?{mine}").html


def test_a_signed_link_lasts_for_three_months(essay: Essay, guest: Browser) -> None:
    address = guest.post_to(essay).answer.headers["Location"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=89)):
        assert guest.get(address).status_code == 302
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91)):
        assert guest.get(address).status_code == 404


def test_a_signed_link_to_a_comment_that_was_approved_leads_there(essay: Essay, guest: Browser) -> None:
    address = guest.post_to(essay, text="Hold this.").answer.headers["Location"]
    approve(Comment.objects.get())
    page = guest.read(address)
    assert "Hold this." in page.words
    assert HELD not in page.words


@pytest.mark.parametrize("status", ["spam", "trash"])
def test_what_was_thrown_away_is_not_shown_to_its_writer_either(essay: Essay, guest: Browser, status: str) -> None:
    address = guest.post_to(essay, text="Hold this.", remember="on").answer.headers["Location"]
    Comment.objects.update(status=status, removed_by=Comment.Remover.MODERATOR)
    assert guest.get(address).status_code == 404
    assert "Hold this." not in guest.read(essay).html


def test_a_held_reply_stands_under_what_it_answers(essay: Essay, guest: Browser, stranger: Browser) -> None:
    root = make.comment(essay)
    reply = guest.say(essay, text="Hold this.", parent=str(root.pk), remember="on")
    page = guest.read(essay)
    assert page.shown == [root.pk, reply.pk]
    assert HELD in words(page.comment(root))
    assert "1 response " in page.words
    assert stranger.read(essay).shown == [root.pk]


# The remembered guest


def test_a_guest_is_remembered_only_when_asked_to(essay: Essay, guest: Browser) -> None:
    assert not guest.post_to(essay).answer.cookies
    cookie = guest.post_to(essay, text="Again.", remember="on").answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == settings.COMMENTER_COOKIE_AGE


def test_a_remembered_guest_finds_the_form_filled_in_and_the_held_comment_there(essay: Essay, guest: Browser) -> None:
    answer = guest.post_to(essay, text="Hold this.", website="example.org", remember="on").answer
    comment = Comment.objects.get()
    assert answer.headers["Location"] == f"/comments/{comment.pk}/"
    page = guest.read(answer.headers["Location"])
    assert HELD in words(page.comment(comment))
    assert page.form == make.details(text="", website="https://example.org", remember="on")
    assert page.answer.headers["Cache-Control"] == "private, no-store"


def test_a_guest_who_unticks_the_box_is_forgotten(essay: Essay, guest: Browser) -> None:
    guest.post_to(essay, remember="on")
    answer = guest.post_to(essay, text="Forget me.").answer
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert "?key=" in answer.headers["Location"]
    assert guest.read(essay).form == make.details(text="", name="", email="")


@pytest.mark.both
def test_a_remembered_guest_is_one_person_and_a_forgotten_one_is_two(essay: Essay, guest: Browser) -> None:
    guest.say(essay, text="One.", remember="on")
    guest.say(essay, text="Two.", remember="on")
    assert Commenter.objects.count() == 1
    guest.cookies.clear()
    guest.say(essay, text="Three.")
    assert Commenter.objects.count() == 2


def test_another_name_at_the_same_browser_is_another_person(essay: Essay, guest: Browser) -> None:
    known(essay, guest)
    second = guest.say(essay, text="I am his wife.", name="Eva Karg", remember="on")
    assert second.status == Status.PENDING
    assert Commenter.objects.count() == 2
    assert guest.read(essay).form["name"] == "Eva Karg"


def test_a_remembered_guest_may_bring_a_new_website(essay: Essay, guest: Browser) -> None:
    commenter = known(essay, guest)
    guest.say(essay, text="Two.", website="example.org", remember="on")
    commenter.refresh_from_db()
    assert commenter.website == "https://example.org"
    assert guest.read(essay).html.count('href="https://example.org"') == 2


@pytest.mark.parametrize("cookie", ["", "1", "MQ:1:x", "ImFkbWluIg:1tXxXx:abcdefghijklmnopqrstuvwxyz", "%00", "é"])
def test_a_forged_cookie_remembers_nobody(essay: Essay, guest: Browser, cookie: str) -> None:
    make.guest().save()
    guest.cookies[COOKIE] = cookie
    page = guest.read(essay)
    assert page.status == 200
    assert page.form["name"] == ""


def test_the_cookie_of_a_guest_does_not_speak_for_somebody_who_logs_in(essay: Essay, guest: Browser) -> None:
    commenter = known(essay, guest)
    Commenter.objects.filter(pk=commenter.pk).update(user=make.user("reader"))
    assert guest.read(essay).form["name"] == ""
    assert guest.say(essay, text="Who am I?").commenter != commenter


def test_the_cookie_of_a_guest_who_is_gone_remembers_nobody(essay: Essay, guest: Browser) -> None:
    commenter = known(essay, guest)
    Comment.objects.all().delete()
    commenter.delete()
    assert guest.read(essay).form["name"] == ""
    guest.say(essay)


# What the fields refuse


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("text", "", "Please write something"),
        ("text", " \n\u3000\u200b ", "Please write something"),
        ("name", "", "Please give a name."),
        ("name", " \u200b ", "Please give a name."),
        ("email", "", "never made public"),
        ("email", "anna", "has an @ in the middle"),
        ("email", "anna@example", "no ending"),
        ("email", "ma\u017fon@example.org", "a to z"),
        ("email", "m\u0131a@example.org", "a to z"),
        ("email", "anna @example.org", "does not look like"),
        ("email", "a@b.example\nBcc: c@d.example", "does not look like"),
        ("website", "two words", "does not look like"),
        ("website", "javascript:alert(1)", "does not look like"),
        ("website", "JaVaScRiPt:alert(1)", "does not look like"),
        ("website", "java\tscript:alert(1)", "does not look like"),
        ("website", "javascript://example.org/%0aalert(1)", "does not look like"),
        ("website", "data:text/html,<script>alert(1)</script>", "does not look like"),
        ("website", "ftp://example.org", "does not look like"),
        ("website", "http://", "does not look like"),
    ],
)
def test_a_refusal_says_what_is_wrong_beside_the_field_and_keeps_every_word(
    essay: Essay, guest: Browser, field: str, typed: str, said: str
) -> None:
    sent = make.details(text="Long thought\nabout </textarea>.", website="example.org", remember="on") | {field: typed}
    page = guest.post_to(essay, **sent)
    assert page.status == 422
    assert not Comment.objects.exists()
    assert not page.answer.cookies
    kept = page.form
    assert {name: " ".join(value.split()) for name, value in kept.items() if name != field} == {
        name: " ".join(value.split()) for name, value in sent.items() if name != field
    }
    box = page.id(f"respond-{field}")
    assert box.get("aria-invalid") == "true"
    described = [words(page.id(name)) for name in str(box.get("aria-describedby")).split()]
    assert said in " ".join(described)
    assert said in page.problem
    assert f"#respond-{field}" in [link.get("href") for link in page.all("*[@class='errors']//a")]
    summary = page.one("*[@class='errors']")
    assert summary.get("tabindex") == "-1"
    assert summary.get("autofocus") is not None


def test_everything_that_is_wrong_is_said_at_once(essay: Essay, guest: Browser) -> None:
    page = guest.post_to(essay, text="", name="", email="nobody", website="two words")
    links = [link.get("href") for link in page.all("*[@class='errors']//a")]
    assert links == ["#respond-text", "#respond-name", "#respond-email", "#respond-website"]
    assert len(page.all("*[@aria-invalid='true']")) == 4


def test_fields_that_are_missing_altogether_are_asked_for(essay: Essay, guest: Browser) -> None:
    page = Page(guest.post(f"{essay.get_absolute_url()}respond/", {}))
    assert page.status == 422
    assert len(page.all("*[@aria-invalid='true']")) == 3


def test_a_field_that_is_right_is_not_marked(essay: Essay, guest: Browser) -> None:
    page = guest.post_to(essay, text="")
    assert page.id("respond-name").get("aria-invalid") is None
    assert page.id("respond-email").get("aria-describedby") == "respond-email-hint"


BYTES = [
    ("text", "é" * 32_762 + "x", 65_525),
    ("name", "é" * 122 + "x", 245),
    ("email", f"{'a' * 38}@{'b' * 57}.org", 100),
    ("website", f"https://example.org/{'é' * 90}", 200),
]


@pytest.mark.both
@pytest.mark.parametrize(("field", "longest", "limit"), BYTES)
def test_what_just_fits_is_taken_whole(essay: Essay, guest: Browser, field: str, longest: str, limit: int) -> None:
    assert len(longest.encode()) == limit
    comment = guest.say(essay, **{field: longest})
    kept = Wording.objects.get(comment=comment).text if field == "text" else getattr(comment.commenter, field)
    assert kept == longest


@pytest.mark.parametrize(("field", "longest", "limit"), BYTES)
def test_a_byte_too_many_is_refused_by_its_number(
    essay: Essay, guest: Browser, field: str, longest: str, limit: int
) -> None:
    typed = longest.replace("@", "a@") if field == "email" else f"{longest}x"
    page = guest.post_to(essay, **{field: typed})
    assert page.status == 422
    assert f"This is 1 byte too long: there is room for {limit}." in page.problem
    assert page.form[field] == typed


# Who may comment at all


def test_closed_by_hand_is_forbidden_and_nothing_typed_is_lost(essay: Essay, guest: Browser) -> None:
    Discussion.objects.update_or_create(essay=essay, defaults={"is_open": False})
    page = guest.post_to(essay, text="Too late, alas.")
    assert page.status == 403
    assert "Comments are closed." in page.words
    assert "Too late, alas." in page.words
    assert not Comment.objects.exists()
    assert page.find("form[@id='respond']") is None


def test_an_essay_closes_by_itself_after_the_days_that_the_rules_say(essay: Essay, guest: Browser) -> None:
    make.rules(close_after_days=14)
    assert essay.published
    with time_machine.travel(essay.published + timedelta(days=14, minutes=-1)):
        guest.say(essay, text="In time.")
        assert "Leave a Reply" in guest.read(essay).words
    with time_machine.travel(essay.published + timedelta(days=14, minutes=1)):
        assert guest.post_to(essay, text="Too late.").status == 403
        page = guest.read(essay)
        assert "Comments are closed." in page.words
        assert page.find("*[@class='reply']") is None


def test_authors_and_moderators_cannot_answer_a_closed_essay_either(essay: Essay, author: User) -> None:
    Discussion.objects.update_or_create(essay=essay, defaults={"is_open": False})
    assert Browser(author).post_to(essay).status == 403


def test_where_people_log_in_first_a_guest_is_asked_to_and_keeps_the_words(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="login")
    page = guest.post_to(essay, text="Let me in.")
    assert page.status == 403
    assert "Here people log in before they comment." in page.problem
    assert page.form["text"] == "Let me in."
    assert "Log in to leave a reply:" in page.words
    assert "name" not in page.form
    Browser(make.user("reader")).say(essay, text="I am in.")


def test_where_a_name_is_enough_the_email_may_be_left_out_but_not_wrong(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="name")
    assert guest.say(essay, email="").commenter.email == ""
    assert guest.post_to(essay, text="Again.", email="nobody").status == 422
    assert guest.post_to(essay, text="Again.", name="").status == 422


def test_somebody_logged_in_is_asked_for_nothing_but_words(essay: Essay) -> None:
    reader = make.user("reader", name="Rosa Castellanos")
    browser = Browser(reader)
    page = browser.read(essay)
    assert page.form == {"parent": "", "text": "", "as": str(reader.commenter.pk)}
    assert "You are commenting using your Rejoinder account." in page.words
    comment = browser.say(essay, text="Mine.", name="Somebody Else", email="else@example.org")
    assert (comment.commenter.user, comment.commenter.name) == (reader, "Rosa Castellanos")


# The same thing twice


@pytest.mark.both
def test_the_same_words_twice_lead_to_the_comment_that_is_there(essay: Essay, guest: Browser) -> None:
    first = guest.say(essay, text="Twice.")
    page = guest.post_to(essay, text=" Twice. ")
    assert page.status == 409
    assert "You have said just this here already." in page.problem
    assert Comment.objects.count() == 1
    there = guest.read(str(page.one("*[@class='errors']//a").get("href")))
    assert HELD in words(there.comment(first))


def test_the_same_words_of_a_published_comment_lead_to_it_without_a_key(essay: Essay, author: User) -> None:
    browser = Browser(author)
    first = browser.say(essay, text="Twice.")
    page = browser.post_to(essay, text="Twice.")
    assert page.status == 409
    assert page.one("*[@class='errors']//a").get("href") == f"/comments/{first.pk}/"


def test_a_remembered_guest_is_told_too(essay: Essay, guest: Browser) -> None:
    guest.say(essay, text="Twice.", remember="on")
    assert guest.post_to(essay, text="Twice.", remember="on").status == 409


@pytest.mark.parametrize(
    "other",
    [{"text": "Other words."}, {"name": "Hanna Karg"}, {"email": "other@example.org"}],
    ids=["text", "name", "email"],
)
def test_what_differs_is_no_duplicate(essay: Essay, guest: Browser, other: dict[str, str]) -> None:
    guest.say(essay, text="Twice.")
    guest.say(essay, **{"text": "Twice."} | other)


def test_the_same_words_elsewhere_are_no_duplicate(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    guest.say(essay, text="Yes.")
    guest.say(essay, text="Yes.", parent=str(root.pk))
    guest.say(make.essay(), text="Yes.")


def test_what_is_in_the_trash_may_be_said_again(essay: Essay, guest: Browser) -> None:
    first = guest.say(essay, text="Twice.")
    deciding.trash(first, by=make.moderator())
    guest.say(essay, text="Twice.")


def test_a_duplicate_is_looked_at_before_the_limit(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.say(essay, text="Twice.")
    assert guest.post_to(essay, text="Twice.").status == 409


# Too fast


def test_a_second_comment_too_soon_is_put_off_and_keeps_its_words(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.say(essay)
    page = guest.post_to(essay, text="And another thing.")
    assert page.status == 429
    assert 1 <= int(page.answer.headers["Retry-After"]) <= 15
    assert f"wait another {page.answer.headers['Retry-After']} second" in page.problem
    assert page.form["text"] == "And another thing."
    assert Comment.objects.count() == 1
    with time_machine.travel(time.time() + 15.1):
        guest.say(essay, text="And another thing.")


@pytest.mark.both
def test_the_limit_holds_for_an_address_whoever_sends_from_it(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.say(essay)
    assert Browser().post_to(essay, text="I am another.", name="Another", email="b@example.org").status == 429


@pytest.mark.both
def test_the_limit_holds_for_a_person_wherever_they_send_from(essay: Essay, guest: Browser, stranger: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.say(essay)
    assert stranger.post_to(essay, text="The same person.").status == 429
    reader = make.user("reader")
    Browser(reader, address="192.0.2.1").say(essay)
    assert Browser(reader, address="192.0.2.2").post_to(essay, text="From my phone.").status == 429


def test_somebody_else_somewhere_else_does_not_wait(essay: Essay, guest: Browser, stranger: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.say(essay)
    stranger.say(essay, name="Another", email="b@example.org")


def test_moderators_do_not_wait(essay: Essay) -> None:
    make.rules(flood_seconds=15)
    browser = Browser(make.moderator())
    browser.say(essay, text="One.")
    browser.say(essay, text="Two.")


def test_who_corrects_a_refused_reply_does_not_wait(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15, refuse_words="bother")
    assert guest.post_to(essay, email="").status == 422
    assert guest.post_to(essay, text="Oh bother.").status == 422
    guest.say(essay, text="Oh dear.")


def test_without_a_limit_nobody_waits(essay: Essay, guest: Browser) -> None:
    guest.say(essay, text="One.")
    guest.say(essay, text="Two.")


# What is answered


def parents() -> dict[str, str]:
    return {
        "nothing like a number": "abc",
        "negative": "-1",
        "zero": "0",
        "a fraction": "1.5",
        "an exponent": "1e9",
        "other digits": "١",
        "beyond the column": "9" * 19,
        "beyond any column": "9" * 20,
        "beyond what Python reads": "9" * 5000,
        "NUL": "\x00",
        "SQL": "1' OR '1'='1",
        "null": "null",
        "never given out": "987654321",
    }


@pytest.mark.parametrize("parent", parents().values(), ids=parents().keys())
def test_a_parent_that_cannot_be_is_said_and_can_be_sent_again_without(
    essay: Essay, guest: Browser, parent: str
) -> None:
    page = guest.post_to(essay, text="Whom do I answer?", parent=parent)
    assert page.status == 422
    assert "The comment you answer is" in page.problem
    assert page.form == make.details(text="Whom do I answer?")
    assert not Comment.objects.exists()
    assert guest.post(f"{essay.get_absolute_url()}respond/", page.form).status_code == 302


@pytest.mark.both
@pytest.mark.parametrize("state", ["of another essay", "pending", "spam", "trash", "deleted"])
def test_a_comment_that_cannot_be_answered_is_said_to_be_gone(essay: Essay, guest: Browser, state: str) -> None:
    parent = make.comment(make.essay() if state == "of another essay" else essay)
    key = str(parent.pk)
    if state == "deleted":
        Comment.objects.filter(pk=parent.pk).delete()
    elif state != "of another essay":
        Comment.objects.update(status=state)
    page = guest.post_to(essay, text="Whom do I answer?", parent=key)
    assert page.status == 422
    assert "The comment you answer is no longer here." in page.problem
    assert page.form["parent"] == ""
    assert page.form["text"] == "Whom do I answer?"
    assert not Comment.objects.filter(wording__text="Whom do I answer?").exists()


def test_a_refused_reply_comes_back_under_the_comment_that_it_answers(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    page = guest.post_to(essay, text="", parent=str(root.pk))
    assert page.form["parent"] == str(root.pk)
    assert "Leave a Reply to Ines Okafor" in words(page.id("respond"))
    assert "Leave a Reply" in words(page.comment(root))


# What waits for a moderator, and why


@pytest.mark.parametrize(
    ("rules", "sent", "codes", "said"),
    [
        ({"hold_everything": True}, {}, ["everything"], "every comment is held"),
        ({"hold_first_comment": True}, {}, ["first"], "first comment"),
        ({"hold_links": 2}, {"text": "http://a.example http://b.example"}, ["links"], "2 links"),
        ({"hold_links": 1}, {"text": "[see](https://a.example)"}, ["links"], "1 link"),
        ({"hold_words": "Casino\nroulette"}, {"text": "the CASINO  wins"}, ["word"], "the word “casino”"),
        ({"hold_words": "two words"}, {"text": "two\nwords"}, ["word"], "the word “two words”"),
        ({"hold_words": "karg"}, {}, ["word"], "the word “karg”"),
        ({"hold_words": "@example.org"}, {}, ["word"], "the word “@example.org”"),
        ({"hold_words": "casino.example"}, {"website": "casino.example"}, ["word"], "the word “casino.example”"),
        ({"hold_words": "casino"}, {"text": "ca*sino*"}, ["word"], "the word “casino”"),
    ],
)
def test_a_comment_is_held_and_its_reasons_are_kept_in_words(
    essay: Essay, guest: Browser, rules: dict[str, object], sent: dict[str, str], codes: list[str], said: str
) -> None:
    from comments import why_held

    make.rules(**{"hold_first_comment": False, "hold_links": 0} | rules)
    comment = guest.say(essay, **sent)
    assert comment.status == Status.PENDING
    kept = Wording.objects.get(comment=comment).reasons
    assert [reason["code"] for reason in kept] == codes
    assert [why_held.in_words(reason) for reason in kept] == [said]


def test_every_reason_is_kept_together(essay: Essay, guest: Browser) -> None:
    make.rules(hold_words="casino")
    comment = guest.say(essay, text="casino http://a.example http://b.example", name="Admin")
    assert reasons(comment) == ["first", "links", "word", "office"]


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"hold_links": 0}, "http://a.example http://b.example http://c.example"),
        ({"hold_links": 3}, "http://a.example http://b.example"),
        ({"hold_links": 1}, f"> Said here.\n> — [Ines]({settings.SITE_URL}/comments/1/)"),
        ({"hold_words": "casino\n\n  \n"}, "a quiet word"),
    ],
)
def test_what_no_rule_holds_is_published(essay: Essay, guest: Browser, rules: dict[str, object], text: str) -> None:
    make.rules(hold_first_comment=False, **rules)
    assert guest.say(essay, text=text).status == Status.APPROVED


def test_a_guest_is_held_until_one_was_approved_and_then_published(essay: Essay, guest: Browser) -> None:
    assert guest.say(essay, text="One.", remember="on").status == Status.PENDING
    second = guest.say(essay, text="Two.", remember="on")
    assert second.status == Status.PENDING
    approve(second)
    assert guest.say(essay, text="Three.", remember="on").status == Status.APPROVED


def test_who_logs_in_is_held_at_first_too(essay: Essay) -> None:
    browser = Browser(make.user("reader"))
    first = browser.say(essay, text="One.")
    assert first.status == Status.PENDING
    assert HELD in words(browser.read(essay).comment(first))
    approve(first)
    assert browser.say(essay, text="Two.").status == Status.APPROVED


def test_typing_the_name_and_email_of_an_approved_guest_gives_nothing(
    essay: Essay, guest: Browser, stranger: Browser
) -> None:
    commenter = known(essay, guest)
    guest.say(make.essay(), text="http://a.example http://b.example", remember="on")
    comment = stranger.say(essay, text="I am she.", name=commenter.name, email=commenter.email)
    assert comment.status == Status.PENDING
    assert "first" in reasons(comment)
    assert comment.commenter != commenter
    assert "I am she." not in guest.read(essay).words


def test_the_authors_own_reply_is_published_at_once_and_marked(essay: Essay, author: User) -> None:
    make.rules(hold_everything=True, hold_words="promise", refuse_words="promise")
    comment = Browser(author).say(essay, text="I promise: http://a.example http://b.example")
    assert comment.status == Status.APPROVED
    place = Browser().read(essay).comment(comment)
    assert "by-author" in str(place.get("class"))
    assert "author" in words(place)


def test_a_moderators_reply_is_published_at_once_and_not_marked(essay: Essay) -> None:
    make.rules(hold_everything=True)
    for user in (make.moderator(), make.owner()):
        comment = Browser(user).say(essay, text=f"{user}: calm, please.")
        assert comment.status == Status.APPROVED
        assert "by-author" not in str(Browser().read(essay).comment(comment).get("class"))


def test_the_author_of_another_essay_is_a_reader_here(essay: Essay) -> None:
    other = make.author("joris")
    make.essay(by=other)
    assert Browser(other).say(essay).status == Status.PENDING


def test_refused_words_are_sent_back_with_the_word(essay: Essay, guest: Browser) -> None:
    make.rules(refuse_words="bother\ndrat")
    page = guest.post_to(essay, text="Oh DRAT it all.")
    assert page.status == 422
    assert "with “drat”" in page.problem
    assert page.id("respond-text").get("aria-invalid") == "true"
    assert page.form["text"] == "Oh DRAT it all."
    assert not Commenter.objects.filter(user=None).exists()


# Who it seems to be


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Miriam Achterberg", "name"),
        ("miriam achterberg", "name"),
        ("Мiriam Асhtеrbеrg", "name"),
        ("Ｍｉｒｉａｍ　Ａｃｈｔｅｒｂｅｒｇ", "name"),
        ("Miriam\u200bAchterberg\u00ad", "name"),
        ("Mírïam Achterbérg", "name"),
        ("Miriarn Achterberg", "name"),
        ("M1riam Achterberg", "name"),
        ("MIRIAM", "name"),
        ("Admin", "office"),
        ("Аdmin", "office"),
        ("Admın", "office"),
        ("Authör\u200d", "office"),
        ("  moderator ", "office"),
    ],
)
def test_a_borrowed_name_is_held_and_never_marked(essay: Essay, guest: Browser, name: str, code: str) -> None:
    make.rules(hold_first_comment=False)
    comment = guest.say(essay, name=name)
    assert code in reasons(comment)
    approve(comment)
    page = guest.read(essay)
    assert "by-author" not in str(page.comment(comment).get("class"))
    assert page.find("*[@class='role']") is None


@pytest.mark.parametrize("name", ["Miriam", "Anna", "Ada Minor", "Authenrieth"])
def test_an_ordinary_name_is_nobody_elses(guest: Browser, name: str) -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay(by=make.author("ma", name="Miriam Achterberg"))
    assert guest.say(essay, name=name).status == Status.APPROVED


def test_a_name_is_one_line_of_what_can_be_seen(essay: Essay, guest: Browser) -> None:
    comment = guest.say(essay, name=" Anna\r\n\tvon\u202e  Karg\x00 ")
    assert comment.commenter.name == "Anna von Karg"


def test_a_name_of_markup_is_shown_as_typed(essay: Essay, guest: Browser) -> None:
    name = "<img src=x onerror=alert(1)> & \"Sons\" {{ 7|add:'7' }}"
    comment = guest.say(essay, name=name, remember="on")
    approve(comment)
    page = guest.read(f"{essay.get_absolute_url()}?replyto={comment.pk}")
    assert name in words(page.comment(comment))
    assert f"Leave a Reply to {name}" in words(page.id("respond"))
    assert page.find("img[@src='x']") is None
    assert page.form["name"] == name


# Where it was sent from


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "none"}, {"User-Agent": "an old one"}], ids=["none", "silent"])
def test_a_comment_of_unproved_origin_is_held(essay: Essay, headers: dict[str, str]) -> None:
    make.rules(hold_first_comment=False)
    comment = Browser(headers=headers).say(essay)
    assert comment.status == Status.PENDING
    assert reasons(comment) == ["origin"]


def test_an_origin_of_ours_is_proof_where_a_browser_says_nothing_else(essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    assert Browser(headers={"Origin": "http://testserver"}).say(essay).status == Status.APPROVED


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    ids=["cross-site", "same-site", "origin"],
)
def test_what_another_site_has_sent_is_refused(essay: Essay, headers: dict[str, str]) -> None:
    assert Browser(headers=headers).post(f"{essay.get_absolute_url()}respond/", make.details()).status_code == 403
    assert not Comment.objects.exists()


def test_nobody_writes_in_the_name_of_who_is_logged_in_without_proof(essay: Essay, author: User) -> None:
    browser = Browser(author, headers={"User-Agent": "an old one"})
    assert browser.post(f"{essay.get_absolute_url()}respond/", make.details()).status_code == 403
    assert not Comment.objects.exists()


def test_the_senders_network_is_kept_and_not_the_address(essay: Essay, guest: Browser) -> None:
    comment = guest.say(essay)
    assert Wording.objects.get(comment=comment).network == "203.0.113.0/24"
