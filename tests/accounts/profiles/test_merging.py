"""Merging of commenters and users, also at the same moment."""

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
from tests.comments import browser_client
from tests.services.concurrency import run_concurrently
from tests.services.site import Installation

# Relations


def lacking(*extra: Any) -> list[str]:
    return [model.__name__ for model in [*merging.related_models(), *extra] if not hasattr(model.objects, "merge")]


def test_every_model_that_points_to_a_commenter_can_be_merged() -> None:
    assert Comment in merging.related_models()
    assert lacking() == []


def test_a_model_without_a_merge_method_is_found() -> None:
    try:

        class Later(models.Model):  # noqa: DJ008
            commenter = models.ForeignKey(Commenter, models.CASCADE)

            class Meta:
                app_label = "comments"

        assert Later in merging.related_models()
        assert lacking() == ["Later"]
    finally:
        del apps.all_models["comments"]["later"]
        apps.clear_cache()
    assert lacking() == []


# Two Commenters


@pytest.mark.django_db
def test_merging_moves_comments_and_keeps_their_order_and_counts() -> None:
    essay, elsewhere = make.essay(), make.essay()
    guest, other, mine = (
        make.guest("Guest"),
        make.guest("Other"),
        Commenter.objects.for_user(make.user("anna", name="Anna")),
    )
    root = make.comment(essay, by=guest)
    reply = make.comment(essay, by=other, to=root)
    make.comment(essay, by=guest, to=reply, status="pending")
    make.comment(elsewhere, by=guest, status="spam")
    make.comment(elsewhere, by=mine)
    before = list(Discussion.objects.order_by("pk").values()), Comment.objects.count()
    assert merging.merge_commenters(Commenter.objects.get(pk=guest.pk), mine) == mine
    assert Comment.objects.filter(commenter=mine).count() == 4
    assert not Commenter.objects.filter(pk=guest.pk).exists()
    assert (list(Discussion.objects.order_by("pk").values()), Comment.objects.count()) == before
    assert not list(problems())
    mine.refresh_from_db()
    assert (mine.name, mine.email, mine.website) == ("Anna", "anna@example.org", "")


@pytest.mark.django_db
def test_merging_does_not_copy_what_a_guest_typed() -> None:
    """Another person may have typed it with the user's address."""
    guest = make.guest("Buy Pills", website="https://pills.example")
    make.comment(make.essay(), by=guest)
    mine = merging.merge_commenters(guest, Commenter.objects.for_user(make.user("anna", name="Anna")))
    assert (mine.name, mine.website) == ("Anna", "")


@pytest.mark.django_db
def test_merging_twice_with_oneself_or_with_a_deleted_commenter_changes_nothing() -> None:
    guest, mine = make.guest(), Commenter.objects.for_user(make.user("anna"))
    make.comment(make.essay(), by=guest)
    old = Commenter.objects.get(pk=guest.pk)
    merging.merge_commenters(old, mine)
    assert merging.merge_commenters(old, mine) == mine
    with pytest.raises(merging.CannotMerge):
        merging.merge_commenters(mine, mine)
    with pytest.raises(merging.CannotMerge):
        merging.merge_commenters(mine, old)
    assert Comment.objects.get().commenter == mine


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [make.author, make.moderator, make.owner])
def test_authors_and_moderators_are_never_merged_into_another_account(kind: Callable[..., User]) -> None:
    staff, reader = kind("staff"), make.user("reader")
    with pytest.raises(merging.CannotMerge, match="an author or moderator"):
        merging.merge_commenters(Commenter.objects.for_user(staff), Commenter.objects.for_user(reader))
    with pytest.raises(merging.CannotMerge, match="connect this account from there"):
        merging.merge_users(staff, reader)
    assert User.objects.filter(pk__in=[staff.pk, reader.pk]).count() == 2
    assert merging.merge_users(reader, staff) == staff


@pytest.mark.django_db
def test_an_author_without_permissions_is_not_merged_into_another_account() -> None:
    writer = make.user("writer")
    make.essay(by=writer)
    with pytest.raises(merging.CannotMerge):
        merging.merge_users(writer, make.user("reader"))


@pytest.mark.django_db
@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_staff_without_a_group_are_not_merged_into_another_account(right: str) -> None:
    with pytest.raises(merging.CannotMerge):
        merging.merge_users(make.user("boss", **{right: True}), make.user("reader"))
    assert User.objects.filter(username="boss").exists()


@pytest.mark.django_db
def test_a_closed_account_is_not_merged_into_another_account() -> None:
    with pytest.raises(merging.CannotMerge):
        merging.merge_users(make.user("banned", is_active=False), make.user("reader"))


@pytest.mark.django_db
def test_a_comment_posted_while_its_author_is_merged_keeps_its_text_and_shows_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.rules(flood_seconds=0)
    essay, mine = make.essay(), Commenter.objects.for_user(make.user("anna"))
    reader = browser_client.Browser()
    guest = reader.post_comment(essay, remember="on").commenter

    def meanwhile(*args: Any) -> float:
        merging.merge_commenters(guest, mine)
        return 0.0

    monkeypatch.setattr(commenting, "acquire_turn", meanwhile)
    page = reader.submit_comment(essay, text="My very words.", remember="on")
    assert page.status == 409
    assert "Your account was changed in another window." in page.error_summary
    assert page.form_values["text"] == "My very words."
    assert Comment.objects.get().commenter == guest  # one transaction, which was rolled back


# Two users


@pytest.mark.django_db
def test_merging_users_moves_all_login_methods() -> None:
    kinds = Authenticator.Type
    old, new = make.user("old", name="Old", password=PASSWORD), make.user("new", name="New")
    EmailAddress.objects.create(user=old, email="second@example.org", verified=True)
    EmailAddress.objects.create(user=old, email="claimed@example.org", verified=False)
    EmailAddress.objects.create(user=new, email="second@example.org", verified=False)
    SocialAccount.objects.create(user=old, provider="facebook", uid="1")
    for kind in (kinds.WEBAUTHN, kinds.TOTP, kinds.RECOVERY_CODES):
        Authenticator.objects.create(user=old, type=kind, data={})
    make.comment(make.essay(), by=Commenter.objects.for_user(old))
    merging.merge_users(old, new)
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
def test_merging_keeps_only_one_authenticator_app() -> None:
    old, new = make.user("old"), make.user("new")
    for user in (old, new):
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"of": user.username})
    merging.merge_users(old, new)
    assert Authenticator.objects.get().data == {"of": "new"}


@pytest.mark.django_db
def test_a_user_without_an_address_gets_the_one_of_the_merged_user() -> None:
    old, new = make.user("old"), User.objects.create(username="new", name="New")
    Commenter.objects.for_user(new)
    merging.merge_users(old, new)
    new.refresh_from_db()
    assert (new.email, Commenter.objects.get(user=new).email) == ("old@example.org", "old@example.org")
    assert EmailAddress.objects.get(user=new, primary=True).email == "old@example.org"


@pytest.mark.django_db
def test_merging_copies_a_missing_picture_and_verification_and_deletes_unused_files(
    django_capture_on_commit_callbacks: Any,
) -> None:
    def wearing(username: str, key: str, mark: str) -> User:
        default_storage.save(avatars.file_name(key, 64), ContentFile(b"x")) if key else None
        user = make.user(username)
        Commenter.objects.for_user(user)
        Commenter.objects.filter(user=user).update(picture=key, mark=mark)
        return User.objects.get(pk=user.pk)

    bare, dressed = wearing("bare", "", ""), wearing("dressed", "a" * 32, "X: @mara")
    with django_capture_on_commit_callbacks(execute=True):
        merging.merge_users(dressed, bare)
    mine = Commenter.objects.get(user=bare)
    assert (mine.picture, mine.mark) == ("a" * 32, "X: @mara")
    assert default_storage.exists(avatars.file_name("a" * 32, 64))
    with django_capture_on_commit_callbacks(execute=True):
        merging.merge_users(wearing("other", "b" * 32, "Facebook"), User.objects.get(pk=bare.pk))
    mine.refresh_from_db()
    assert (mine.picture, mine.mark) == ("a" * 32, "X: @mara")
    assert not default_storage.exists(avatars.file_name("b" * 32, 64))


# At once


def test_a_comment_posted_during_a_merge_is_moved_or_gets_an_error(connected_installation: Installation) -> None:
    make.rules()
    essay = make.essay()
    root = make.comment(essay)
    for round_ in range(10):
        guest = make.guest(f"Guest {round_}")
        make.comment(essay, by=guest, to=root)
        make.comment(essay, by=guest)
        mine = Commenter.objects.for_user(make.user())
        speak = partial(
            commenting.post, essay=essay, commenter=Commenter.objects.get(pk=guest.pk), sender=Sender("203.0.113.9"),
            text="And this.", parent=root.pk if round_ % 2 else None,
        )  # fmt: skip
        old = Commenter.objects.get(pk=guest.pk)
        joined, said, again = run_concurrently(
            connected_installation,
            partial(merging.merge_commenters, old, mine),
            speak,
            partial(merging.merge_commenters, old, mine),
        )
        assert joined == again == mine, (joined, again)
        assert isinstance(said, Comment | commenting.CommenterChanged), said
        assert Comment.objects.filter(commenter=mine).count() == 2 + isinstance(said, Comment)
        assert not Commenter.objects.filter(pk=guest.pk).exists()
    assert not list(problems())


def test_two_users_merged_into_each_other_at_the_same_moment_leave_one(connected_installation: Installation) -> None:
    make.rules()
    essay = make.essay()
    for _round in range(5):
        first, second = make.user(), make.user()
        for user in (first, second):
            make.comment(essay, by=Commenter.objects.for_user(user))
        results = run_concurrently(
            connected_installation,
            partial(merging.merge_users, first, second),
            partial(merging.merge_users, second, first),
        )
        assert sorted(type(result).__name__ for result in results) == ["CannotMerge", "User"], results
        (left,) = [result for result in results if isinstance(result, User)]
        assert Comment.objects.filter(commenter__user=left).count() == 2
    assert not list(problems())
