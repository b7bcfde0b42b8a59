"""The same person twice: as two commenters, by two log-ins, in the same moment. One is left, with all of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models

from accounts.models import Commenter, User
from accounts.profiles import avatars, merging
from comments.checking import problems
from comments.models import Comment, Discussion
from comments.posting import actions as commenting
from comments.screening.screening import Sender
from tests import make
from tests.accounts.by_provider import PASSWORD
from tests.comments import door
from tests.services.at_once import at_once
from tests.services.site import Installation

# Every relation


def lacking(*extra: Any) -> list[str]:
    return [model.__name__ for model in [*merging.related(), *extra] if not hasattr(model.objects, "join")]


def test_every_model_that_points_to_a_commenter_says_what_joining_means() -> None:
    assert Comment in merging.related()
    assert lacking() == []


def test_one_that_is_added_without_it_is_found() -> None:
    try:

        class Later(models.Model):  # noqa: DJ008
            commenter = models.ForeignKey(Commenter, models.CASCADE)

            class Meta:
                app_label = "comments"

        assert Later in merging.related()
        assert lacking() == ["Later"]
    finally:
        del apps.all_models["comments"]["later"]
        apps.clear_cache()
    assert lacking() == []


# Two Commenters


@pytest.mark.django_db
def test_what_one_said_the_other_has_said_and_no_count_or_place_changes() -> None:
    essay, elsewhere = make.essay(), make.essay()
    guest, other, mine = make.guest("Guest"), make.guest("Other"), Commenter.objects.of(make.user("anna", name="Anna"))
    root = make.comment(essay, by=guest)
    reply = make.comment(essay, by=other, to=root)
    make.comment(essay, by=guest, to=reply, status="pending")
    make.comment(elsewhere, by=guest, status="spam")
    make.comment(elsewhere, by=mine)
    before = list(Discussion.objects.order_by("pk").values()), Comment.objects.count()
    assert merging.join(Commenter.objects.get(pk=guest.pk), mine) == mine
    assert Comment.objects.filter(commenter=mine).count() == 4
    assert not Commenter.objects.filter(pk=guest.pk).exists()
    assert (list(Discussion.objects.order_by("pk").values()), Comment.objects.count()) == before
    assert not list(problems())
    mine.refresh_from_db()
    assert (mine.name, mine.email, mine.website) == ("Anna", "anna@example.org", "")


@pytest.mark.django_db
def test_nothing_that_a_guest_typed_comes_along() -> None:
    """It may have been typed by somebody else, under one's own address."""
    guest = make.guest("Buy Pills", website="https://pills.example")
    make.comment(make.essay(), by=guest)
    mine = merging.join(guest, Commenter.objects.of(make.user("anna", name="Anna")))
    assert (mine.name, mine.website) == ("Anna", "")


@pytest.mark.django_db
def test_joining_twice_or_with_oneself_or_with_nobody_harms_nothing() -> None:
    guest, mine = make.guest(), Commenter.objects.of(make.user("anna"))
    make.comment(make.essay(), by=guest)
    old = Commenter.objects.get(pk=guest.pk)
    merging.join(old, mine)
    assert merging.join(old, mine) == mine
    with pytest.raises(merging.Refused):
        merging.join(mine, mine)
    with pytest.raises(merging.Refused):
        merging.join(mine, old)
    assert Comment.objects.get().commenter == mine


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [make.author, make.moderator, make.owner])
def test_those_who_write_or_keep_order_here_are_never_joined_away(kind: Callable[..., User]) -> None:
    staff, reader = kind("staff"), make.user("reader")
    with pytest.raises(merging.Refused, match="an author or moderator"):
        merging.join(Commenter.objects.of(staff), Commenter.objects.of(reader))
    with pytest.raises(merging.Refused, match="Log in to that account and connect this one from there"):
        merging.join_users(staff, reader)
    assert User.objects.filter(pk__in=[staff.pk, reader.pk]).count() == 2
    assert merging.join_users(reader, staff) == staff


@pytest.mark.django_db
def test_an_author_without_any_rights_is_not_joined_away_either() -> None:
    writer = make.user("writer")
    make.essay(by=writer)
    with pytest.raises(merging.Refused):
        merging.join_users(writer, make.user("reader"))


@pytest.mark.django_db
@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_staff_without_a_group_is_not_joined_away_either(right: str) -> None:
    with pytest.raises(merging.Refused):
        merging.join_users(make.user("boss", **{right: True}), make.user("reader"))
    assert User.objects.filter(username="boss").exists()


@pytest.mark.django_db
def test_a_closed_account_does_not_come_back_under_another_name() -> None:
    with pytest.raises(merging.Refused):
        merging.join_users(make.user("banned", is_active=False), make.user("reader"))


@pytest.mark.django_db
def test_words_that_were_sent_while_their_writer_was_joined_are_kept_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.rules(flood_seconds=0)
    essay, mine = make.essay(), Commenter.objects.of(make.user("anna"))
    reader = door.Browser()
    guest = reader.say(essay, remember="on").commenter

    def meanwhile(*args: Any) -> float:
        merging.join(guest, mine)
        return 0.0

    monkeypatch.setattr(commenting, "flood", meanwhile)
    page = reader.post_to(essay, text="My very words.", remember="on")
    assert page.status == 409
    assert "Your account was changed in another window." in page.problem
    assert page.form["text"] == "My very words."
    assert Comment.objects.get().commenter == guest  # all of it was one transaction, and nothing of it stays


# Two log-ins


@pytest.mark.django_db
def test_everything_that_leads_into_one_log_in_leads_into_the_other() -> None:
    kinds = Authenticator.Type
    old, new = make.user("old", name="Old", password=PASSWORD), make.user("new", name="New")
    EmailAddress.objects.create(user=old, email="second@example.org", verified=True)
    EmailAddress.objects.create(user=old, email="claimed@example.org", verified=False)
    EmailAddress.objects.create(user=new, email="second@example.org", verified=False)
    SocialAccount.objects.create(user=old, provider="facebook", uid="1")
    for kind in (kinds.WEBAUTHN, kinds.TOTP, kinds.RECOVERY_CODES):
        Authenticator.objects.create(user=old, type=kind, data={})
    make.comment(make.essay(), by=Commenter.objects.of(old))
    merging.join_users(old, new)
    assert not User.objects.filter(username="old").exists()
    addresses = EmailAddress.objects.filter(user=new).order_by("email").values_list("email", "verified", "primary")
    assert list(addresses) == [
        ("new@example.org", True, True), ("old@example.org", True, False), ("second@example.org", True, False),
    ]  # fmt: skip
    assert not EmailAddress.objects.filter(email="claimed@example.org").exists()
    assert SocialAccount.objects.get().user == new
    assert Authenticator.objects.filter(user=new).count() == 3
    assert Comment.objects.get().commenter == Commenter.objects.get(user=new)
    new.refresh_from_db()
    assert (new.name, new.email, new.has_usable_password()) == ("New", "new@example.org", False)


@pytest.mark.django_db
def test_codes_of_an_app_stay_one_set() -> None:
    old, new = make.user("old"), make.user("new")
    for user in (old, new):
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"of": user.username})
    merging.join_users(old, new)
    assert Authenticator.objects.get().data == {"of": "new"}


@pytest.mark.django_db
def test_who_had_no_address_is_written_to_at_the_others() -> None:
    old, new = make.user("old"), User.objects.create(username="new", name="New")
    Commenter.objects.of(new)
    merging.join_users(old, new)
    new.refresh_from_db()
    assert (new.email, Commenter.objects.get(user=new).email) == ("old@example.org", "old@example.org")
    assert EmailAddress.objects.get(user=new, primary=True).email == "old@example.org"


@pytest.mark.django_db
def test_a_picture_and_a_mark_come_along_where_there_is_none_and_files_that_nobody_wears_go(
    django_capture_on_commit_callbacks: Any,
) -> None:
    def wearing(username: str, key: str, mark: str) -> User:
        default_storage.save(avatars.name_of(key, 64), ContentFile(b"x")) if key else None
        user = make.user(username)
        Commenter.objects.of(user)
        Commenter.objects.filter(user=user).update(picture=key, mark=mark)
        return User.objects.get(pk=user.pk)

    bare, dressed = wearing("bare", "", ""), wearing("dressed", "a" * 32, "X: @mara")
    with django_capture_on_commit_callbacks(execute=True):
        merging.join_users(dressed, bare)
    mine = Commenter.objects.get(user=bare)
    assert (mine.picture, mine.mark) == ("a" * 32, "X: @mara")
    assert default_storage.exists(avatars.name_of("a" * 32, 64))
    with django_capture_on_commit_callbacks(execute=True):
        merging.join_users(wearing("other", "b" * 32, "Facebook"), User.objects.get(pk=bare.pk))
    mine.refresh_from_db()
    assert (mine.picture, mine.mark) == ("a" * 32, "X: @mara")
    assert not default_storage.exists(avatars.name_of("b" * 32, 64))


# At once


def test_whoever_speaks_while_they_are_joined_is_told_or_taken_along(house: Installation) -> None:
    make.rules()
    essay = make.essay()
    root = make.comment(essay)
    for round_ in range(10):
        guest = make.guest(f"Guest {round_}")
        make.comment(essay, by=guest, to=root)
        make.comment(essay, by=guest)
        mine = Commenter.objects.of(make.user())
        speak = partial(
            commenting.post, essay=essay, commenter=Commenter.objects.get(pk=guest.pk), sender=Sender("203.0.113.9"),
            text="And this.", parent=root.pk if round_ % 2 else None,
        )  # fmt: skip
        old = Commenter.objects.get(pk=guest.pk)
        joined, said, again = at_once(house, partial(merging.join, old, mine), speak, partial(merging.join, old, mine))
        assert joined == again == mine, (joined, again)
        assert isinstance(said, Comment | commenting.Joined), said
        assert Comment.objects.filter(commenter=mine).count() == 2 + isinstance(said, Comment)
        assert not Commenter.objects.filter(pk=guest.pk).exists()
    assert not list(problems())


def test_two_who_are_joined_to_one_another_in_the_same_moment(house: Installation) -> None:
    make.rules()
    essay = make.essay()
    for _round in range(5):
        first, second = make.user(), make.user()
        for user in (first, second):
            make.comment(essay, by=Commenter.objects.of(user))
        results = at_once(house, partial(merging.join_users, first, second), partial(merging.join_users, second, first))
        assert sorted(type(result).__name__ for result in results) == ["Refused", "User"], results
        (left,) = [result for result in results if isinstance(result, User)]
        assert Comment.objects.filter(commenter__user=left).count() == 2
    assert not list(problems())
