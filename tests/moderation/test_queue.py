"""The queue at /admin/comments/queue/, as moderators open it: without script, by links and buttons."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from accounts.models import Commenter, User
from blog import actions as writing
from blog.models import Essay
from comments.models import Comment, Status
from moderation import actions
from moderation.models import Decision
from tests import make
from tests.lists import both_one_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
QUEUE = "/admin/comments/queue/"


class Desk:
    """A moderator in front of the queue."""

    def __init__(self, client: Client, user: User) -> None:
        self.client, self.user = client, user
        client.force_login(user)

    def open(self, address: str = QUEUE) -> str:
        response = self.client.get(address)
        assert response.status_code == 200
        return response.content.decode()

    def send(self, action: str, *comments: Comment, at: str = QUEUE, seen: str = "", **more: Any) -> Any:
        """Presses a button; where that leads to."""
        data = {"action": action, "comment": [comment.pk for comment in comments], **more}
        if seen:
            data["seen"] = [f"{comment.pk} {seen}" for comment in comments]
        response = self.client.post(at, data)
        assert response.status_code == 302
        return response

    def undo(self, *decisions: Decision, at: str = QUEUE) -> Any:
        return self.send("undo", decision=[decision.pk for decision in decisions], at=at)

    def follow(self, response: Any) -> str:
        return self.open(response["Location"])


@pytest.fixture
def desk(client: Client) -> Desk:
    make.rules()
    return Desk(client, make.moderator("mara", name="Mara"))


@pytest.fixture
def essay() -> Essay:
    return make.essay("Whose Promise Is It?")


def held(essay: Essay, count: int) -> list[Comment]:
    return make.waiting(essay, count)


def listed(html: str) -> list[int]:
    """The comments on a page that can be decided about, in order."""
    return [int(pk) for pk in re.findall(r'<li class="row" id="comment-(\d+)" data-status="\w+" tabindex="-1"', html)]


def buttons(html: str, comment: Comment) -> list[str]:
    row = html.split(f'id="comment-{comment.pk}"')[1].split("</li>\n")[0]
    return re.findall(r'name="action" value="(\w+)"', row)


def status(comment: Comment) -> Any:
    return Comment.objects.values_list("status", flat=True).get(pk=comment.pk)


def anchor(response: HttpResponse) -> str:
    return urlsplit(response["Location"]).fragment


# Who may come


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_logs_in_first_and_comes_back(client: Client, essay: Essay, method: str) -> None:
    make.rules()
    comment = make.comment(essay, status="pending")
    response = getattr(client, method)(f"{QUEUE}?status=spam", {"action": "approve", "comment": comment.pk})
    assert response.status_code == 302
    address = urlsplit(response["Location"])
    assert address.path == "/accounts/login/"
    assert parse_qs(address.query)["next"][0].startswith(f"{QUEUE}?")
    assert status(comment) == Status.PENDING


@pytest.mark.parametrize("person", [make.user, make.author])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_no_moderator_is_told_so_and_sees_nothing(
    client: Client, essay: Essay, person: Callable[[], User], method: str
) -> None:
    make.rules()
    comment = make.comment(essay, "Secret words", status="pending")
    client.force_login(person())
    response = getattr(client, method)(QUEUE, {"action": "approve", "comment": comment.pk})
    assert response.status_code == 403
    html = response.content.decode()
    assert "The queue is for moderators." in html
    assert "Secret words" not in html
    assert status(comment) == Status.PENDING


def test_a_moderator_needs_no_other_right_in_the_admin(client: Client, essay: Essay) -> None:
    make.rules()
    comment = make.comment(essay, status="pending")
    desk = Desk(client, make.user(group="Moderators"))
    assert listed(desk.open()) == [comment.pk]


def test_opening_it_changes_nothing_and_is_kept_by_nobody(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    response = desk.client.get(f"{QUEUE}?action=approve&comments={comment.pk}")
    assert response["Cache-Control"] == "private, no-store"
    assert status(comment) == Status.PENDING


# What is shown


@pytest.mark.both
def test_tabs_say_how_many_stand_as_what(desk: Desk, essay: Essay) -> None:
    for state, count in {"pending": 3, "approved": 2, "spam": 1, "trash": 4}.items():
        for _ in range(count):
            make.comment(essay, status=state)
    html = desk.open()
    tabs = [" ".join(tab) for tab in re.findall(r">([A-Z]\w+) <span>(\d+)</span></a></li>", html)]
    assert tabs == ["Pending 3", "Reported 0", "Approved 2", "Spam 1", "Trash 4", "Mine 0", "All 10"]
    assert len(listed(html)) == 3
    for tab, count in {"approved": 2, "spam": 1, "trash": 4, "all": 10, "nonsense": 3}.items():
        assert len(listed(desk.open(f"{QUEUE}?status={tab}"))) == count


@pytest.mark.both
def test_the_oldest_waits_first_and_the_newest_of_the_others_stands_first(desk: Desk, essay: Essay) -> None:
    waiting = [comment.pk for comment in held(essay, 3)]
    shown = [make.comment(essay).pk for _ in range(3)]
    assert listed(desk.open()) == waiting
    assert listed(desk.open(f"{QUEUE}?status=approved")) == shown[::-1]
    assert listed(desk.open(f"{QUEUE}?status=all")) == (waiting + shown)[::-1]


@pytest.mark.both
def test_a_page_holds_twenty_or_as_many_as_asked_for_up_to_a_hundred(desk: Desk, essay: Essay) -> None:
    keys = [comment.pk for comment in held(essay, 25)]
    assert listed(desk.open()) == keys[:20]
    assert listed(desk.open(f"{QUEUE}?page=2")) == keys[20:]
    assert listed(desk.open(f"{QUEUE}?page=3&per_page=10")) == keys[20:]
    assert listed(desk.open(f"{QUEUE}?per_page=1000")) == keys
    assert "1–20 of 25" in desk.open()


@pytest.mark.parametrize("query", both_one_in(3, ["page=0", "page=-1", "page=x", "page=99999999999999999999", "per_page=0",
    "per_page=x", "decided=x,1,,99999999999999999999", "decided=1&batch=77", "page=²", "status=%00"]))  # fmt: skip
def test_an_address_that_makes_no_sense_shows_the_queue(desk: Desk, essay: Essay, query: str) -> None:
    held(essay, 2)
    assert listed(desk.open(f"{QUEUE}?{query}"))


def test_a_page_past_the_end_is_the_last_one(desk: Desk, essay: Essay) -> None:
    keys = [comment.pk for comment in held(essay, 3)]
    assert listed(desk.open(f"{QUEUE}?per_page=2&page=9")) == keys[2:]


def test_a_row_says_who_answers_whom_where_and_why_it_waits(desk: Desk, essay: Essay) -> None:
    make.rules(hold_words="casino")
    root = make.comment(essay, "A *surveyor*, not a philosopher.", by=make.guest("J. Halloran"))
    make.comment(essay, "See http://a.example and http://b.example, a <b>casino</b>", by=make.guest("Anselm <Brandt>"), to=root,
                 status="pending")  # fmt: skip
    html = desk.open()
    assert "<b><bdi>Anselm &lt;Brandt&gt;</bdi></b>" in html
    answered = f'answers <a href="/comments/{root.pk}/"><bdi>J. Halloran</bdi>, “A surveyor, not a philosopher.”</a>'
    assert answered in html
    assert f'on <a href="{essay.get_absolute_url()}"><bdi>Whose Promise Is It?</bdi></a>' in html
    reasons = re.findall(r"<li>(.*?)</li>", html.split('class="reasons"')[1].split("</ul>")[0])
    assert reasons == ["first comment", "2 links", "the word “casino”"]
    body = html.split('class="comment-body"')[1].split("</div>")[0]
    assert "<b>casino</b>" in body


def test_a_row_knows_the_person(desk: Desk, essay: Essay) -> None:
    known = Commenter.objects.create(name="Rosa", email="rosa@example.org", website="https://rosa.example/")
    for state in ("approved", "approved", "trash", "spam", "spam", "pending"):
        make.comment(essay, by=known, status=state)
    html = desk.open()
    assert (
        "2 approved, 3 refused, since today</a>; guest, <bdi>rosa@example.org</bdi>, <bdi>https://rosa.example/</bdi>"
        in html
    )
    assert "from 203.0.113.0/24" in html
    make.comment(essay, by=Commenter.objects.of(make.user("ines")), status="pending")
    assert "No history here</a>; logs in as ines" in desk.open()


def test_a_comment_is_no_history_of_its_own(desk: Desk, essay: Essay) -> None:
    make.comment(essay, by=make.guest("Once"), status="spam")
    assert "No history here" in desk.open(f"{QUEUE}?status=spam")


def test_what_was_removed_is_not_quoted_and_a_draft_is_no_link(desk: Desk, essay: Essay) -> None:
    root = make.comment(essay, "Removed words", by=make.guest("Gone Person"))
    make.comment(essay, to=root, status="pending")
    actions.trash(root, by=desk.user)
    html = desk.open()
    assert "a removed comment" in html
    assert "Removed words" not in html
    essay.published = None
    writing.save(essay)
    assert essay.get_absolute_url() not in desk.open()


def test_a_decided_row_says_by_whom(desk: Desk, essay: Essay) -> None:
    actions.approve(make.comment(essay, status="pending"), by=desk.user)
    assert "Approved by Mara, just now" in desk.open(f"{QUEUE}?status=approved")


def test_long_words_are_folded_and_short_ones_are_not(desk: Desk, essay: Essay) -> None:
    make.comment(essay, "Short", status="pending")
    assert "Show all" not in desk.open()
    make.comment(essay, "W" * 10_000, by=make.guest("N" * 245), status="pending")
    assert "Show all" in desk.open()


@pytest.mark.parametrize("state", Status.values)
def test_a_row_offers_what_can_be_done_about_it(desk: Desk, essay: Essay, state: str) -> None:
    comment = make.comment(essay, status=state)
    offered = {
        "pending": ["approve", "spam", "trash"],
        "approved": ["unapprove", "spam", "trash"],
        "spam": ["approve", "restore", "trash"],
        "trash": ["approve", "restore", "spam"],
    }
    assert buttons(desk.open(f"{QUEUE}?status={state}"), comment) == offered[state]


@pytest.mark.parametrize(
    ("tab", "words"),
    [("pending", "Nothing waits"), ("approved", "No comment is approved"), ("spam", "no spam"), ("trash", "trash is empty"), ("all", "Nobody has said")],
)  # fmt: skip
def test_an_empty_tab_says_so(desk: Desk, tab: str, words: str) -> None:
    assert words in desk.open(f"{QUEUE}?status={tab}")


@pytest.mark.both
def test_a_page_asks_few_questions_however_much_is_on_it(
    desk: Desk, essay: Essay, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    parents = [make.comment(make.essay(), by=Commenter.objects.of(make.user())) for _ in range(4)]
    for number in range(24):
        parent = parents[number % 4]
        make.comment(parent.essay, to=parent, by=Commenter.objects.of(make.user()), status="pending")
    keys = Comment.objects.filter(status="pending").values_list("pk", flat=True)
    address = desk.send("trash", *Comment.objects.filter(pk__in=list(keys[:12])), at=f"{QUEUE}?per_page=100")[
        "Location"
    ]
    with django_assert_max_num_queries(15):
        assert len(listed(desk.open(address))) == 12
    with django_assert_max_num_queries(15):
        assert len(listed(desk.open(f"{QUEUE}?status=all&per_page=100"))) == 28


@pytest.mark.both
def test_a_link_from_a_mail_leads_to_the_page_and_tab_where_the_comment_stands_now(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 25)
    address = f"{QUEUE}?comment={comments[22].pk}"
    assert desk.client.get(address)["Location"] == f"{QUEUE}?page=2#comment-{comments[22].pk}"
    actions.mark_spam(comments[22], by=desk.user)
    assert desk.client.get(address)["Location"] == f"{QUEUE}?status=spam#comment-{comments[22].pk}"
    writing.delete(essay)
    assert desk.client.get(address)["Location"] == f"{QUEUE}#queue"


# Deciding


@pytest.mark.parametrize(
    ("before", "action", "after"),
    both_one_in(
        3,
        [
            ("pending", "approve", "approved"),
            ("pending", "spam", "spam"),
            ("pending", "trash", "trash"),
            ("approved", "unapprove", "pending"),
            ("approved", "trash", "trash"),
            ("spam", "restore", "pending"),
            ("spam", "approve", "approved"),
            ("trash", "restore", "pending"),
        ],
    ),
)
def test_a_button_decides_and_the_line_that_is_left_takes_it_back(
    desk: Desk, essay: Essay, before: str, action: str, after: str
) -> None:
    comment = make.comment(essay, "These are the first words of it", by=make.guest("Piet"), status="pending")
    if before != "pending":
        {"approved": actions.approve, "spam": actions.mark_spam, "trash": actions.trash}[before](comment, by=desk.user)
    at = f"{QUEUE}?status={before}"
    html = desk.follow(desk.send(action, comment, at=at, seen=before))
    assert status(comment) == after
    decision = Decision.objects.filter(comment=comment).latest("pk")
    assert (decision.moderator, decision.verb) == (desk.user, action)
    assert listed(html) == []
    label = str(Decision.Verb(action).label).capitalize()
    assert f"<p>{label}: <bdi>Piet</bdi>, “<bdi>These are the first words of it</bdi>”</p>" in html
    html = desk.follow(desk.undo(decision, at=at))
    assert status(comment) == before
    assert listed(html) == [comment.pk]
    assert "Undone: the comment by Piet is" in html


def test_the_next_row_is_gone_on_with(desk: Desk, essay: Essay) -> None:
    first, second, third = held(essay, 3)
    assert anchor(desk.send("approve", second)) == f"comment-{third.pk}"
    assert anchor(desk.send("approve", third)) == f"comment-{first.pk}"
    assert anchor(desk.send("approve", first)) == "queue"
    everything = f"{QUEUE}?status=all"
    assert anchor(desk.send("spam", second, at=everything)) == f"comment-{first.pk}"


def test_one_stays_on_the_page_where_one_was(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 7)
    at = f"{QUEUE}?page=2&per_page=3"
    response = desk.send("approve", comments[4], at=at)
    query = parse_qs(urlsplit(response["Location"]).query)
    assert (query["page"], query["per_page"]) == (["2"], ["3"])
    html = desk.follow(response)
    assert listed(html) == [comments[index].pk for index in (3, 5, 6)]
    assert html.index(f'id="comment-{comments[3].pk}"') < html.index(f'id="comment-{comments[4].pk}"')
    assert html.index(f'id="comment-{comments[4].pk}"') < html.index(f'id="comment-{comments[5].pk}"')


def test_every_decision_made_here_can_be_taken_back_for_as_long_as_one_stays(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 4)
    address = QUEUE
    for action, comment in zip(("approve", "spam", "trash"), comments, strict=False):
        address = desk.send(action, comment, at=address)["Location"].split("#")[0]
    html = desk.open(address)
    assert html.count('value="undo"') == 3
    for decision in Decision.objects.order_by("pk"):
        address = desk.undo(decision, at=address)["Location"].split("#")[0]
    assert listed(desk.open(address)) == [comment.pk for comment in comments]
    assert "decided" not in address


def test_a_line_that_another_decision_overtook_is_not_offered(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    address = desk.send("approve", comment)["Location"]
    actions.unapprove(comment, by=make.moderator())
    html = desk.open(address)
    assert 'value="undo"' not in html
    assert listed(html) == [comment.pk]


@pytest.mark.both
def test_all_that_is_selected_is_decided_and_reported(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 4)
    actions.approve(comments[1], by=make.moderator())
    gone = make.comment(make.essay(), status="pending")
    writing.delete(gone.essay)
    html = desk.follow(desk.send("approve", *comments, gone, seen="pending"))
    assert "3 approved, 1 was already decided, 1 is no longer here." in html
    assert {status(comment) for comment in comments} == {"approved"}
    assert Decision.objects.filter(moderator=desk.user, verb="approve").count() == 3
    assert "Undo all 3" in html
    html = desk.follow(desk.undo(*Decision.objects.filter(moderator=desk.user, verb="approve")))
    assert "3 undone." in html
    assert [status(comment) for comment in comments] == ["pending", "approved", "pending", "pending"]


def test_nothing_selected_is_said(desk: Desk, essay: Essay) -> None:
    held(essay, 2)
    assert "Select at least one comment first." in desk.follow(desk.send("approve"))
    assert "Select at least" not in desk.open()


@pytest.mark.both
def test_sent_twice_it_is_done_once_and_can_be_undone(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    desk.send("approve", comment, seen="pending")
    html = desk.follow(desk.send("approve", comment, seen="pending"))
    assert "The comment by Piet was decided already: approved by you, just now. Nothing was changed." in html
    assert Decision.objects.count() == 1
    assert 'value="undo"' in html


@pytest.mark.both
@pytest.mark.parametrize("action", ["approve", "spam", "trash"])
def test_what_another_moderator_decided_meanwhile_holds_and_is_told(desk: Desk, essay: Essay, action: str) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    html = desk.follow(desk.send(action, comment, seen="pending"))
    said = "The comment by Piet was decided already: moved to the trash by Jo, just now. Nothing was changed."
    assert said in html
    assert Decision.objects.count() == 1
    assert status(comment) == Status.TRASH


def test_an_undo_that_comes_too_late_says_so(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    approved = actions.approve(comment, by=desk.user)
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    assert "moved to the trash by Jo" in desk.follow(desk.undo(approved))
    assert status(comment) == Status.TRASH


def test_a_comment_that_is_gone_is_said_to_be(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    writing.delete(essay)
    assert "That comment is no longer here." in desk.follow(desk.send("approve", comment))
    assert "That comment is no longer here." in desk.follow(desk.send("undo", decision="123"))


@pytest.mark.parametrize(
    "data", [{}, {"action": "eat", "comment": "1"}, {"action": "", "comment": "1"}, {"action": "__class__"}]
)
def test_what_is_no_action_is_refused_in_words(desk: Desk, data: dict[str, str]) -> None:
    response = desk.client.post(QUEUE, data)
    assert response.status_code == 400
    assert b"<h1>" in response.content


@pytest.mark.both
@pytest.mark.parametrize("key", ["", "x", "-1", "0", "9" * 30, "²", "1 or 1=1"])
def test_a_key_that_is_none_changes_nothing(desk: Desk, essay: Essay, key: str) -> None:
    comment = make.comment(essay, status="pending")
    for data in ({"action": "approve", "comment": key}, {"action": "undo", "decision": key}):
        assert desk.client.post(QUEUE, data | {"seen": key}).status_code == 302
    assert status(comment) == Status.PENDING


def test_what_people_write_reaches_moderators_as_words_alone(desk: Desk, essay: Essay) -> None:
    name = "<script>alert(1)</script>"
    root = make.comment(essay, f"root {name}", by=make.guest(name))
    comment = make.comment(essay, f"reply {name}", by=make.guest(name), to=root, status="pending")
    html = desk.follow(desk.send("spam", comment)) + desk.open(f"{QUEUE}?status=spam")
    assert "<script>alert" not in html
    assert escape(name) in html


def test_the_admins_first_page_leads_to_the_queue_and_the_owner_to_the_doctor(client: Client, essay: Essay) -> None:
    make.rules()
    held(essay, 2)
    desk = Desk(client, make.moderator())
    html = desk.open("/admin/")
    assert f'href="{QUEUE}"' in html
    assert "2 comments wait" in html
    assert "/admin/doctor/" not in html
    html = Desk(client, make.owner()).open("/admin/comments/")
    assert "2 comments wait" in html
    assert "/admin/doctor/" in html
    assert QUEUE not in Desk(client, make.author()).open("/admin/")
