"""A person's data: downloaded as a file, and completely deleted on request."""

import html
import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter, Invitation, User
from blog.models import Essay
from comments.jobs import delete_expired_subscriptions
from comments.models import Address, Comment, Notice, Subscription, Wording
from comments.posting import actions
from comments.screening.screening import Sender
from tests import make
from tests.transfer import deletion
from transfer.person import export as person_export
from transfer.person.deletion import delete_person

pytestmark = pytest.mark.django_db
DATA, FORGET = "/accounts/data/", "/accounts/forget/"


@pytest.fixture
def essay() -> Essay:
    return make.essay("Of Forms")


@pytest.fixture
def reader() -> User:
    user = make.user("rosa", name="Rosa Castellanos", password="orchards are not sold")
    SocialAccount.objects.create(user=user, provider="twitter_oauth2", uid="77", extra_data={"username": "rosa_c"})
    commenter = Commenter.objects.for_user(user)
    commenter.mark, commenter.profile = "X: @rosa_c", "https://x.com/rosa_c"
    commenter.save()
    return user


def log_in(user: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.post("/accounts/login/", {"login": user.username, "password": "orchards are not sold"})
    return client


def relations(model: Any) -> set[Any]:
    found = {relation.related_model for relation in model._meta.related_objects}
    return found - {Commenter, Essay}  # told of by their own part, and by Authorship


OF_BOTH = (*person_export.COMMENTER_PARTS, *person_export.USER_PARTS)


@pytest.mark.parametrize(("model", "parts"), [(Commenter, person_export.COMMENTER_PARTS), (User, OF_BOTH)])
def test_every_relation_is_exported(model: Any, parts: tuple[person_export.Part, ...]) -> None:
    assert relations(model) <= {part.model for part in parts}


def test_every_relation_of_a_commenter_can_be_erased() -> None:
    for relation in Commenter._meta.related_objects:
        assert hasattr(relation.related_model._default_manager, "erase"), relation


def test_the_file_contains_everything(essay: Essay, reader: User) -> None:
    said = make.comment(essay, "My very words.", by=Commenter.objects.for_user(reader))
    client = log_in(reader)
    assert b"My very words." not in client.get(DATA).content
    answer = client.get(f"{DATA}about-me.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="about-me.json"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    told = json.loads(answer.content)
    assert told["comments.wording"][0]["text"] == "My very words."
    assert told["comments.comment"][0]["id"] == said.pk
    assert told["socialaccount.socialaccount"][0]["extra_data"] == {"username": "rosa_c"}
    assert told["accounts.user"][0]["username"] == "rosa"
    assert "password" not in answer.text.lower()
    read = client.get(f"{DATA}about-me.html").text
    for words in ("My very words.", "rosa_c", "Rosa Castellanos"):
        assert words in read


def test_the_readable_file_has_words_and_no_python_objects(essay: Essay, reader: User) -> None:
    commenter = Commenter.objects.for_user(reader)
    comment = make.comment(essay, by=commenter, status="pending")
    Wording.objects.filter(comment=comment).update(reasons=[{"code": "first"}, {"code": "links", "count": 2}])
    address = Address.objects.create(email="rosa@example.org")
    Subscription.objects.create(address=address, kind="decision", comment=comment, commenter=commenter, often="daily")
    page = html.unescape(log_in(reader).get(f"{DATA}about-me.html").text)
    for words in ("first comment, 2 links", "once a day", '"username": "rosa_c"'):
        assert words in page
    for code in ("'code'", ">daily<", "{'username'", "0.0.0.0"):
        assert code not in page


def test_pending_invitations_are_exported_for_sender_and_recipient(reader: User) -> None:
    owner = make.owner("joris", name="Joris Vane", password="orchards are not sold")
    desk = log_in(owner)
    asked = (("Rosa", reader.email, "Moderators"), ("Tomás Vega", "tomas@example.org", "Authors"))
    for name, email, role in asked:
        desk.post("/admin/identity/", {"name": name, "email": email, "role": role})

    def told(client: Client) -> list[Any]:
        rows = json.loads(client.get(f"{DATA}about-me.json").content).get("accounts.invitation", [])
        assert all(row["by__name"] == "Joris Vane" and row["sent"] for row in rows)
        return [(row["name"], row["email"], row["role"]) for row in rows]

    assert told(desk) == list(asked)
    rosa = log_in(reader)
    assert told(rosa) == [asked[0]]
    assert "Pending invitations, sent or received" in desk.get(DATA).text
    read = desk.get(f"{DATA}about-me.html").text
    for words in ("Invited by", "Joris Vane", "Tomás Vega", "Moderator: approves"):
        assert words in read
    reader.emailaddress_set.update(verified=False)
    assert told(rosa) == []  # the address is no longer verified


def test_a_stranger_is_asked_to_log_in() -> None:
    stranger = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    for answer in (stranger.get(DATA), stranger.get(f"{DATA}about-me.json"), stranger.post(FORGET, {"words": "stay"})):
        assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("words", ["stay", "go"])
def test_a_deleted_person_leaves_nothing_that_identifies_them(essay: Essay, reader: User, words: str) -> None:
    commenter = Commenter.objects.for_user(reader)
    said = make.comment(essay, "My very words.", by=commenter)
    Wording.objects.update(network="203.0.113.0/24")
    make.comment(essay, "An answer.", by=make.guest("Ines Okafor"), to=said)
    leaf = make.comment(essay, "Another word of mine.", by=commenter)
    client = log_in(reader)
    assert client.post(FORGET, {}).status_code == 422
    answer = deletion.confirm_deletion(client, deletion.request_with_password(client, words))
    assert answer.headers["Location"] == "/accounts/forgotten/"
    assert client.get(answer.headers["Location"]).status_code == 200
    assert not User.objects.filter(username="rosa").exists()
    assert not SocialAccount.objects.exists()
    assert not Commenter.objects.filter(pk=commenter.pk).exists()
    commenter = Comment.objects.get(pk=said.pk).commenter
    kept = (commenter.name, commenter.email, commenter.website, commenter.mark, commenter.profile, commenter.user)
    assert kept == ("Anonymous", "", "", "", "", None)
    assert not commenter.verified
    assert set(Wording.objects.filter(comment__commenter=commenter).values_list("network", flat=True)) <= {""}
    page = client.get(essay.get_absolute_url()).text
    assert "Rosa" not in page
    assert ("My very words." in page) == (words == "stay")
    assert "An answer." in page
    if words == "go":
        assert not Wording.objects.filter(comment__in=[said, leaf]).exists()
        assert f'id="comment-{leaf.pk}"' not in page
    assert client.get(DATA).headers["Location"].startswith("/accounts/login/")


def test_subscriptions_are_exported_and_deleted(essay: Essay, reader: User) -> None:
    now = timezone.now()
    commenter, other = Commenter.objects.for_user(reader), make.guest("Ines Okafor", email="ines@example.org")
    other.save()
    typed, proved, shared, foreign = (
        Address.objects.create(email=f"{name}@example.org", verified=now)
        for name in ("typed", "rosa", "shared", "ines")
    )
    follows = Subscription.objects.create
    theirs = [
        follows(address=typed, commenter=commenter, kind="replies"),
        follows(address=proved, kind="essay", essay=essay, confirmed=now),  # asked for before there was a log-in
        follows(address=shared, commenter=commenter, kind="essays"),
    ]
    others = [follows(address=shared, commenter=other, kind="replies"), follows(address=foreign, kind="essays")]
    for subscription in theirs + others:
        Notice.objects.create(kind="confirm", email=subscription.address.email, subscription=subscription)
    daily = Notice.objects.create(kind="daily", email="rosa@example.org")
    told = person_export.as_dict(commenter)
    assert {row["address__email"] for row in told["comments.subscription"]} == {
        "typed@example.org", "rosa@example.org", "shared@example.org",
    }  # fmt: skip
    assert len(told["comments.notice"]) == 4
    assert "Email subscriptions" in log_in(reader).get(f"{DATA}about-me.html").text
    delete_person(commenter, keep_comments=True)
    assert list(Subscription.objects.all()) == others
    assert list(Address.objects.order_by("email")) == [foreign, shared]
    assert [notice.subscription for notice in Notice.objects.exclude(subscription=None).order_by("pk")] == others
    asked = Notice.objects.filter(subscription=None)  # kept for a day, so that repeated deletion sends no more emails
    assert set(asked.values_list("email", "kind")) == {
        (f"{name}@example.org", "confirm") for name in ("typed", "shared")
    }
    asked.update(created=now - timedelta(days=1))
    delete_expired_subscriptions.call()
    assert not asked.filter(email="typed@example.org").exists()
    assert not Notice.objects.filter(pk=daily.pk).exists()


def test_a_remembered_guest_can_delete_their_data(essay: Essay) -> None:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.post(f"{essay.get_absolute_url()}respond/", make.guest_form(remember="on"))
    assert "anna@example.org" in client.get(f"{DATA}about-me.json").text
    assert (
        deletion.confirm_deletion(client, deletion.request_deletion(client)).headers["Location"]
        == "/accounts/forgotten/"
    )
    comment = Comment.objects.get()
    assert (comment.commenter.name, comment.commenter.email) == ("Anonymous", "")
    assert client.cookies["commenter"]["max-age"] == 0


def test_deletion_ends_other_sessions_and_removes_the_name_from_the_log(essay: Essay, reader: User) -> None:
    Invitation.objects.create(email=reader.email, name=reader.name, role="Authors", nonce="n", sent=timezone.now())
    owner = make.owner("owner", password="orchards are not sold")
    log_in(owner).post(f"/admin/accounts/user/{reader.pk}/change/", {"username": "rosa", "name": "Rosa Castellanos",
        "email": reader.email, "is_active": "on", "_save": "1"})  # fmt: skip
    assert LogEntry.objects.get().object_repr == "Rosa Castellanos"
    client, elsewhere = log_in(reader), log_in(reader)
    elsewhere.post(f"{essay.get_absolute_url()}change/", {"text": "Words that wait."})
    deletion.confirm_deletion(client, deletion.request_with_password(client))
    assert not User.objects.filter(pk=reader.pk).exists()
    assert Session.objects.count() == 1  # the owner's
    assert not Invitation.objects.exists()
    assert LogEntry.objects.get().object_repr == "Anonymous"


def test_the_cookie_of_a_deleted_guest_is_ignored(essay: Essay) -> None:
    client, other = (Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"}) for _ in range(2))
    client.post(f"{essay.get_absolute_url()}respond/", make.guest_form(text="My very words.", remember="on"))
    other.cookies["commenter"] = client.cookies["commenter"].value
    assert "My very words." in other.get("/replies/comments/").text
    deletion.confirm_deletion(client, deletion.request_deletion(client))
    assert Comment.objects.get().wording.text == "My very words."
    assert "My very words." not in other.get("/replies/comments/").text
    assert other.get(DATA).headers["Location"].startswith("/accounts/login/")


def test_a_person_deleted_while_posting_posts_nothing(essay: Essay, reader: User) -> None:
    commenter = Commenter.objects.for_user(reader)
    delete_person(commenter, keep_comments=True)
    with pytest.raises(actions.CommenterChanged):
        actions.post(essay=essay, commenter=commenter, sender=Sender("203.0.113.7", True), text="Too late.")
    assert not Comment.objects.exists()


def test_an_author_is_told_to_ask_the_owner(essay: Essay) -> None:
    author = make.author(name="Miriam Achterberg")
    author.set_password("orchards are not sold")
    author.save()
    author.verify_address()
    client = log_in(author)
    make.essay("Of Words", by=author)
    assert "Ask the owner of this site" in client.get(DATA).text
    assert client.post(FORGET, {"words": "go"}).status_code == 422
    assert User.objects.filter(pk=author.pk).exists()


def test_the_privacy_page_describes_the_settings(settings: Any) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    page = client.get("/privacy/").text
    assert "for 30 days to fight spam" in page
    assert "X (Twitter), Facebook, WordPress.com" in page
    assert "We store your email address and never publish it." in page
    assert "don’t confirm within 7 days" in page
    make.rules(who_may_comment="login", readers_may_follow=False)
    settings.PROVIDERS = ()
    page = client.get("/privacy/").text
    assert "Email notifications" not in page
    assert "You need to log in to comment" in page
    assert "Facebook" not in page


def test_the_owners_privacy_page_replaces_ours() -> None:
    make.essay("Privacy", kind="page", slug="privacy", body="<p>We keep bees.</p>")
    assert "We keep bees." in Client(headers={"host": "127.0.0.1"}).get("/privacy/").text
