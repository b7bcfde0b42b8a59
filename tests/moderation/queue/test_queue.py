"""The queue at /admin/comments/queue/: who may open it, and what each tab, page and row shows."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import Commenter, User
from blog import actions as writing
from blog.models import Essay
from comments.models import Comment, Status
from moderation.decisions import actions
from tests import make
from tests.lists import one_in_on_both_databases
from tests.moderation.desk import QUEUE, QueueClient, create_pending, listed_keys, stored_status

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def buttons(html: str, comment: Comment) -> list[str]:
    row = html.split(f'id="comment-{comment.pk}"')[1].split("</li>\n")[0]
    return re.findall(r'name="action" value="(\w+)"', row)


# Who may come


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_is_redirected_to_the_login_and_back(client: Client, essay: Essay, method: str) -> None:
    make.rules()
    comment = make.comment(essay, status="pending")
    response = getattr(client, method)(f"{QUEUE}?status=spam", {"action": "approve", "comment": comment.pk})
    assert response.status_code == 302
    address = urlsplit(response["Location"])
    assert address.path == "/accounts/login/"
    assert parse_qs(address.query)["next"][0].startswith(f"{QUEUE}?")
    assert stored_status(comment) == Status.PENDING


@pytest.mark.parametrize("person", [make.user, make.author])
@pytest.mark.parametrize("method", ["get", "post"])
def test_other_users_get_403_and_see_no_comments(
    client: Client, essay: Essay, person: Callable[[], User], method: str
) -> None:
    make.rules()
    comment = make.comment(essay, "Secret words", status="pending")
    client.force_login(person())
    response = getattr(client, method)(QUEUE, {"action": "approve", "comment": comment.pk})
    assert response.status_code == 403
    html = response.content.decode()
    assert "Only moderators can open the queue." in html
    assert "Secret words" not in html
    assert stored_status(comment) == Status.PENDING


def test_a_moderator_needs_no_other_admin_permission(client: Client, essay: Essay) -> None:
    make.rules()
    comment = make.comment(essay, status="pending")
    queue_client = QueueClient(client, make.user(group="Moderators"))
    assert listed_keys(queue_client.open()) == [comment.pk]


def test_opening_it_changes_nothing_and_is_not_cached(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    response = queue_client.client.get(f"{QUEUE}?action=approve&comments={comment.pk}")
    assert response["Cache-Control"] == "private, no-store"
    assert stored_status(comment) == Status.PENDING


# What is shown


@pytest.mark.both
def test_tabs_show_the_count_of_each_status(queue_client: QueueClient, essay: Essay) -> None:
    for state, count in {"pending": 3, "approved": 2, "spam": 1, "trash": 4}.items():
        for _ in range(count):
            make.comment(essay, status=state)
    html = queue_client.open()
    tabs = [" ".join(tab) for tab in re.findall(r">([A-Z][\w ]+) <span>(\d+)</span></a></li>", html)]
    assert tabs == ["Pending 3", "Reported 0", "Appeals 0", "Approved 2", "Spam 1", "Trash 4", "My essays 0", "All 10"]
    assert len(listed_keys(html)) == 3
    for tab, count in {"approved": 2, "spam": 1, "trash": 4, "all": 10, "nonsense": 3}.items():
        assert len(listed_keys(queue_client.open(f"{QUEUE}?status={tab}"))) == count


@pytest.mark.both
def test_pending_comments_start_with_the_oldest_and_other_tabs_with_the_newest(
    queue_client: QueueClient, essay: Essay
) -> None:
    waiting = [comment.pk for comment in create_pending(essay, 3)]
    shown = [make.comment(essay).pk for _ in range(3)]
    assert listed_keys(queue_client.open()) == waiting
    assert listed_keys(queue_client.open(f"{QUEUE}?status=approved")) == shown[::-1]
    assert listed_keys(queue_client.open(f"{QUEUE}?status=all")) == (waiting + shown)[::-1]


@pytest.mark.both
def test_a_page_has_twenty_comments_or_up_to_a_hundred_on_request(queue_client: QueueClient, essay: Essay) -> None:
    keys = [comment.pk for comment in create_pending(essay, 25)]
    assert listed_keys(queue_client.open()) == keys[:20]
    assert listed_keys(queue_client.open(f"{QUEUE}?page=2")) == keys[20:]
    assert listed_keys(queue_client.open(f"{QUEUE}?page=3&per_page=10")) == keys[20:]
    assert listed_keys(queue_client.open(f"{QUEUE}?per_page=1000")) == keys
    assert "1–20 of 25" in queue_client.open()


@pytest.mark.parametrize("query", one_in_on_both_databases(3, ["page=0", "page=-1", "page=x", "page=99999999999999999999", "per_page=0",
    "per_page=x", "decided=x,1,,99999999999999999999", "decided=1&batch=77", "page=²", "status=%00"]))  # fmt: skip
def test_invalid_query_parameters_are_ignored(queue_client: QueueClient, essay: Essay, query: str) -> None:
    create_pending(essay, 2)
    assert listed_keys(queue_client.open(f"{QUEUE}?{query}"))


def test_a_page_past_the_end_is_the_last_one(queue_client: QueueClient, essay: Essay) -> None:
    keys = [comment.pk for comment in create_pending(essay, 3)]
    assert listed_keys(queue_client.open(f"{QUEUE}?per_page=2&page=9")) == keys[2:]


def test_a_row_shows_commenter_parent_essay_and_reasons(queue_client: QueueClient, essay: Essay) -> None:
    make.rules(hold_words="casino")
    root = make.comment(essay, "A *surveyor*, not a philosopher.", by=make.guest("J. Halloran"))
    make.comment(essay, "See http://a.example and http://b.example, a <b>casino</b>", by=make.guest("Anselm <Brandt>"), to=root,
                 status="pending")  # fmt: skip
    html = queue_client.open()
    assert "<b><bdi>Anselm &lt;Brandt&gt;</bdi></b>" in html
    answered = (
        f'in reply to <a href="/comments/{root.pk}/"><bdi>J. Halloran</bdi>, “A surveyor, not a philosopher.”</a>'
    )
    assert answered in html
    assert f'on <a href="{essay.get_absolute_url()}"><bdi>Whose Promise Is It?</bdi></a>' in html
    reasons = re.findall(r"<li>(.*?)</li>", html.split('class="reasons"')[1].split("</ul>")[0])
    assert reasons == ["first comment", "2 links", "contains “casino”"]
    body = html.split('class="comment-body"')[1].split("</div>")[0]
    assert "<b>casino</b>" in body


def test_a_row_shows_the_commenters_history(queue_client: QueueClient, essay: Essay) -> None:
    known = Commenter.objects.create(name="Rosa", email="rosa@example.org", website="https://rosa.example/")
    for state in ("approved", "approved", "trash", "spam", "spam", "pending"):
        make.comment(essay, by=known, status=state)
    html = queue_client.open()
    assert (
        "2 approved, 3 rejected, since today</a>; guest, <bdi>rosa@example.org</bdi>, <bdi>https://rosa.example/</bdi>"
        in html
    )
    assert "from 203.0.113.0/24" in html
    make.comment(essay, by=Commenter.objects.for_user(make.user("ines")), status="pending")
    assert "New here</a>; logs in as ines" in queue_client.open()


def test_the_history_leaves_out_the_comment_itself(queue_client: QueueClient, essay: Essay) -> None:
    make.comment(essay, by=make.guest("Once"), status="spam")
    assert "New here" in queue_client.open(f"{QUEUE}?status=spam")


def test_a_removed_parent_is_not_quoted_and_a_draft_is_not_linked(queue_client: QueueClient, essay: Essay) -> None:
    root = make.comment(essay, "Removed words", by=make.guest("Gone Person"))
    make.comment(essay, to=root, status="pending")
    actions.trash(root, by=queue_client.user)
    html = queue_client.open()
    assert "a removed comment" in html
    assert "Removed words" not in html
    approved = make.comment(essay)
    make.comment(essay, to=approved, status="pending")
    assert f'in reply to <a href="/comments/{approved.pk}/">' in queue_client.open()
    essay.published = None
    writing.save(essay)
    html = queue_client.open()
    assert essay.get_absolute_url() not in html
    assert f'in reply to <a href="{QUEUE}comments/{approved.pk}/">' in html


def test_a_decided_row_shows_the_moderator(queue_client: QueueClient, essay: Essay) -> None:
    actions.approve(make.comment(essay, status="pending"), by=queue_client.user)
    assert "Approved by Mara, just now" in queue_client.open(f"{QUEUE}?status=approved")


def test_only_long_texts_are_folded(queue_client: QueueClient, essay: Essay) -> None:
    make.comment(essay, "Short", status="pending")
    assert "Show all" not in queue_client.open()
    make.comment(essay, "W" * 10_000, by=make.guest("N" * 245), status="pending")
    assert "Show all" in queue_client.open()


@pytest.mark.parametrize("state", Status.values)
def test_a_row_has_the_buttons_for_its_status(queue_client: QueueClient, essay: Essay, state: str) -> None:
    comment = make.comment(essay, status=state)
    offered = {
        "pending": ["approve", "spam", "trash"],
        "approved": ["unapprove", "spam", "trash"],
        "spam": ["approve", "restore", "trash"],
        "trash": ["approve", "restore", "spam"],
    }
    assert buttons(queue_client.open(f"{QUEUE}?status={state}"), comment) == offered[state]


@pytest.mark.parametrize(
    ("tab", "words"),
    [("pending", "No pending comments"), ("approved", "No approved comments"), ("spam", "No spam."), ("trash", "trash is empty"), ("all", "No comments yet.")],
)  # fmt: skip
def test_an_empty_tab_says_so(queue_client: QueueClient, tab: str, words: str) -> None:
    assert words in queue_client.open(f"{QUEUE}?status={tab}")


@pytest.mark.both
def test_a_page_needs_few_queries_however_many_rows_it_has(
    queue_client: QueueClient, essay: Essay, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    parents = [make.comment(make.essay(), by=Commenter.objects.for_user(make.user())) for _ in range(4)]
    for number in range(24):
        parent = parents[number % 4]
        make.comment(parent.essay, to=parent, by=Commenter.objects.for_user(make.user()), status="pending")
    keys = Comment.objects.filter(status="pending").values_list("pk", flat=True)
    address = queue_client.send("trash", *Comment.objects.filter(pk__in=list(keys[:12])), at=f"{QUEUE}?per_page=100")[
        "Location"
    ]
    with django_assert_max_num_queries(15):
        assert len(listed_keys(queue_client.open(address))) == 12
    with django_assert_max_num_queries(15):
        assert len(listed_keys(queue_client.open(f"{QUEUE}?status=all&per_page=100"))) == 28


@pytest.mark.both
def test_a_link_in_an_email_leads_to_the_current_tab_and_page_of_the_comment(
    queue_client: QueueClient, essay: Essay
) -> None:
    comments = create_pending(essay, 25)
    address = f"{QUEUE}?comment={comments[22].pk}"
    assert queue_client.client.get(address)["Location"] == f"{QUEUE}?after={comments[21].pk}#comment-{comments[22].pk}"
    actions.mark_spam(comments[22], by=queue_client.user)
    assert queue_client.client.get(address)["Location"] == f"{QUEUE}?status=spam#comment-{comments[22].pk}"
    writing.delete(essay)
    assert queue_client.client.get(address)["Location"] == f"{QUEUE}#queue"


def test_commenters_input_is_escaped(queue_client: QueueClient, essay: Essay) -> None:
    name = "<script>alert(1)</script>"
    root = make.comment(essay, f"root {name}", by=make.guest(name))
    comment = make.comment(essay, f"reply {name}", by=make.guest(name), to=root, status="pending")
    html = queue_client.follow(queue_client.send("spam", comment)) + queue_client.open(f"{QUEUE}?status=spam")
    assert "<script>alert" not in html
    assert escape(name) in html


def test_the_admin_index_links_to_the_queue_and_for_the_owner_to_the_doctor(client: Client, essay: Essay) -> None:
    make.rules()
    create_pending(essay, 2)
    queue_client = QueueClient(client, make.moderator())
    html = queue_client.open("/admin/")
    assert f'href="{QUEUE}"' in html
    assert "2 pending comments" in html
    assert "/admin/doctor/" not in html
    html = QueueClient(client, make.owner()).open("/admin/comments/")
    assert "2 pending comments" in html
    assert "/admin/doctor/" in html
    assert QUEUE not in QueueClient(client, make.author()).open("/admin/")
