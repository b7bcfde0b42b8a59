"""The same person twice: by two accounts elsewhere, by a proved address, as a guest. One is left, with all of it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from pytest_django.plugin import DjangoDbBlocker

from accounts import actions, pictures
from accounts.demo.people import MARA
from accounts.models import Commenter, User
from comments import actions as commenting
from comments.checking import problems
from comments.models import Comment, Discussion
from comments.screening import Sender
from tests import make
from tests.accounts.by_provider import Browser, play
from tests.comments import door
from tests.moderation.test_at_once import at_once
from tests.services import provider as demo
from tests.services.site import Installation

PASSWORD = "a letter to no one"


@pytest.fixture(scope="module")
def running() -> Iterator[demo.Demo]:
    with demo.provider() as started:
        yield started


@pytest.fixture
def browser(running: demo.Demo, settings: Any, db: None) -> Browser:
    play(settings, running.base)
    return Browser()


def people() -> int:
    return User.objects.filter(is_staff=False).count()


# Every relation


def lacking(*extra: Any) -> list[str]:
    return [model.__name__ for model in [*actions.related(), *extra] if not hasattr(model.objects, "join")]


def test_every_model_that_points_to_a_commenter_says_what_joining_means() -> None:
    assert Comment in actions.related()
    assert lacking() == []


def test_one_that_is_added_without_it_is_found() -> None:
    try:

        class Later(models.Model):  # noqa: DJ008
            commenter = models.ForeignKey(Commenter, models.CASCADE)

            class Meta:
                app_label = "comments"

        assert Later in actions.related()
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
    assert actions.join(Commenter.objects.get(pk=guest.pk), mine) == mine
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
    mine = actions.join(guest, Commenter.objects.of(make.user("anna", name="Anna")))
    assert (mine.name, mine.website) == ("Anna", "")


@pytest.mark.django_db
def test_joining_twice_or_with_oneself_or_with_nobody_harms_nothing() -> None:
    guest, mine = make.guest(), Commenter.objects.of(make.user("anna"))
    make.comment(make.essay(), by=guest)
    old = Commenter.objects.get(pk=guest.pk)
    actions.join(old, mine)
    assert actions.join(old, mine) == mine
    with pytest.raises(actions.Refused):
        actions.join(mine, mine)
    with pytest.raises(actions.Refused):
        actions.join(mine, old)
    assert Comment.objects.get().commenter == mine


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [make.author, make.moderator, make.owner])
def test_those_who_write_or_keep_order_here_are_never_joined_away(kind: Callable[..., User]) -> None:
    staff, reader = kind("staff"), make.user("reader")
    with pytest.raises(actions.Refused, match="somebody who writes or keeps order here"):
        actions.join(Commenter.objects.of(staff), Commenter.objects.of(reader))
    with pytest.raises(actions.Refused, match="log in with it, and connect the other one from there"):
        actions.join_users(staff, reader)
    assert User.objects.filter(pk__in=[staff.pk, reader.pk]).count() == 2
    assert actions.join_users(reader, staff) == staff


@pytest.mark.django_db
def test_an_author_without_any_rights_is_not_joined_away_either() -> None:
    writer = make.user("writer")
    make.essay(by=writer)
    with pytest.raises(actions.Refused):
        actions.join_users(writer, make.user("reader"))


@pytest.mark.django_db
def test_a_closed_account_does_not_come_back_under_another_name() -> None:
    with pytest.raises(actions.Refused):
        actions.join_users(make.user("banned", is_active=False), make.user("reader"))


@pytest.mark.django_db
def test_words_that_were_sent_while_their_writer_was_joined_are_kept_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.rules(flood_seconds=0)
    essay, mine = make.essay(), Commenter.objects.of(make.user("anna"))
    reader = door.Browser()
    guest = reader.say(essay, remember="on").commenter

    def meanwhile(*args: Any) -> float:
        actions.join(guest, mine)
        return 0.0

    monkeypatch.setattr(commenting, "flood", meanwhile)
    page = reader.post_to(essay, text="My very words.", remember="on")
    assert page.status == 409
    assert "Who you are here has changed meanwhile." in page.problem
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
    actions.join_users(old, new)
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
    actions.join_users(old, new)
    assert Authenticator.objects.get().data == {"of": "new"}


@pytest.mark.django_db
def test_who_had_no_address_is_written_to_at_the_others() -> None:
    old, new = make.user("old"), User.objects.create(username="new", name="New")
    Commenter.objects.of(new)
    actions.join_users(old, new)
    new.refresh_from_db()
    assert (new.email, Commenter.objects.get(user=new).email) == ("old@example.org", "old@example.org")
    assert EmailAddress.objects.get(user=new, primary=True).email == "old@example.org"


@pytest.mark.django_db
def test_a_picture_and_a_mark_come_along_where_there_is_none_and_files_that_nobody_wears_go(
    django_capture_on_commit_callbacks: Any,
) -> None:
    def wearing(username: str, key: str, mark: str) -> User:
        default_storage.save(pictures.name_of(key, 64), ContentFile(b"x")) if key else None
        user = make.user(username)
        Commenter.objects.of(user)
        Commenter.objects.filter(user=user).update(picture=key, mark=mark)
        return User.objects.get(pk=user.pk)

    bare, dressed = wearing("bare", "", ""), wearing("dressed", "a" * 32, "X: @mara")
    with django_capture_on_commit_callbacks(execute=True):
        actions.join_users(dressed, bare)
    mine = Commenter.objects.get(user=bare)
    assert (mine.picture, mine.mark) == ("a" * 32, "X: @mara")
    assert default_storage.exists(pictures.name_of("a" * 32, 64))
    with django_capture_on_commit_callbacks(execute=True):
        actions.join_users(wearing("other", "b" * 32, "Facebook"), User.objects.get(pk=bare.pk))
    mine.refresh_from_db()
    assert (mine.picture, mine.mark) == ("a" * 32, "X: @mara")
    assert not default_storage.exists(pictures.name_of("b" * 32, 64))


# Connecting, and letting go


def test_connecting_an_account_that_somebody_here_has_makes_one_person_of_two(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    make.comment(make.essay(), by=other.commenter)
    browser.log_in("x", "Kofi Asante")
    me = browser.user
    answer = browser.connect("facebook")
    assert answer.headers["Location"] == "/accounts/3rdparty/"
    assert "Connected. What you did with that account here is yours now." in browser.get("/accounts/3rdparty/").text
    assert browser.user == me
    assert people() == 1
    assert set(SocialAccount.objects.values_list("provider", "user")) == {
        ("twitter_oauth2", me.pk),
        ("facebook", me.pk),
    }
    assert Comment.objects.get().commenter == browser.commenter
    assert other.user is None  # that log-in is gone; the account elsewhere leads to the one that is left
    other.log_in("facebook")
    assert other.user == me


@pytest.mark.once
def test_connecting_an_account_that_is_nobodys_yet_adds_it_with_its_proved_address(browser: Browser) -> None:
    browser.log_in("facebook", "Kofi Asante")
    me = browser.user
    browser.connect("x")
    assert people() == 1
    assert EmailAddress.objects.get(email=MARA, verified=True).user == me
    other = Browser()
    other.log_in("demo", "Mara L.")
    assert other.user == me  # the same proved address, by yet another


def test_connecting_one_that_proves_an_address_of_somebody_else_here_joins_them_too(browser: Browser) -> None:
    mara = make.user("mara")
    EmailAddress.objects.create(user=mara, email=MARA, verified=True)
    browser.log_in("facebook", "Kofi Asante")
    me = browser.user
    browser.connect("x")
    assert browser.user == me
    assert not User.objects.filter(pk=mara.pk).exists()
    assert EmailAddress.objects.get(email=MARA).user == me


@pytest.mark.once
def test_connecting_the_same_again_changes_nothing(browser: Browser) -> None:
    browser.log_in("x")
    browser.connect("x")
    assert people() == 1
    assert SocialAccount.objects.count() == 1


@pytest.mark.once
def test_connecting_what_proves_nothing_takes_no_address_from_anybody(browser: Browser) -> None:
    mara = make.user("mara")
    EmailAddress.objects.create(user=mara, email=MARA, verified=True)
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert browser.user != mara
    assert EmailAddress.objects.get(email=MARA).user == mara
    assert SocialAccount.objects.get(provider="facebook").user == browser.user


@pytest.mark.once
def test_staff_is_not_connected_away_and_the_page_says_what_to_do(browser: Browser) -> None:
    moderator = make.moderator("moderator")
    staff = Browser()
    staff.force_login(moderator)
    staff.connect("facebook")
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert "somebody who writes or keeps order here" in browser.get("/accounts/3rdparty/").text
    assert SocialAccount.objects.get(provider="facebook").user == moderator
    assert not browser.user.is_staff
    staff.connect("x", "Kofi Asante")  # the other way round it goes
    assert SocialAccount.objects.get(provider="twitter_oauth2").user == moderator
    assert browser.user is None


@pytest.mark.once
def test_an_account_with_a_second_step_is_not_handed_over_without_it(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    Authenticator.objects.create(user=other.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser.log_in("x", "Kofi Asante")
    browser.connect("facebook")
    assert "That account asks for a second step" in browser.get("/accounts/3rdparty/").text
    assert people() == 2
    assert SocialAccount.objects.get(provider="facebook").user != browser.user


@pytest.mark.once
def test_who_has_a_password_gives_it_again_before_two_accounts_become_one(browser: Browser) -> None:
    other = Browser()
    other.log_in("facebook")
    me = make.user("me", password=PASSWORD)
    browser.force_login(me)
    answer = browser.connect("facebook")
    assert answer.headers["Location"] == "/accounts/reauthenticate/"
    assert people() == 2
    done = browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert done.headers["Location"] == "/accounts/3rdparty/"
    assert people() == 1
    assert SocialAccount.objects.get().user == me


def test_the_same_proved_address_by_a_second_provider_ends_in_one_account(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    browser.post("/accounts/logout/")
    browser.log_in("demo", "Mara L.")
    assert browser.user == me
    assert people() == 1
    assert SocialAccount.objects.filter(user=me).count() == 2
    assert Commenter.objects.count() == 1


def test_a_mailed_code_and_a_provider_that_proves_the_same_address_end_in_one_account(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    browser.post("/accounts/logout/")
    browser.log_in_by_code(MARA)
    assert browser.user == me
    other = Browser()
    other.log_in_by_code(MARA)
    other.post("/accounts/logout/")
    other.log_in("demo")
    assert other.user == me
    assert people() == 1


def account_of(browser: Browser, provider: str) -> dict[str, int]:
    return {"account": SocialAccount.objects.get(user=browser.user, provider=provider).pk}


def test_one_of_two_is_let_go_and_nothing_says_any_more_that_it_is_theirs(browser: Browser) -> None:
    browser.log_in("facebook")
    browser.connect("x", "Kofi Asante")
    browser.post("/accounts/logout/")
    browser.log_in("x", "Kofi Asante")
    me, essay = browser.user, make.essay()
    assert "You are commenting using your X (Twitter) account." in browser.get(essay.get_absolute_url()).text
    assert browser.commenter.mark == "X: @kofi_asante"
    assert browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2")).status_code == 302
    assert browser.user == me
    assert (browser.commenter.mark, browser.commenter.profile) == ("", "")
    assert "X (Twitter) account" not in browser.get(essay.get_absolute_url()).text
    other = Browser()
    other.log_in("x", "Kofi Asante")
    assert other.user != me


@pytest.mark.once
def test_the_last_one_goes_too_where_a_mailed_code_lets_them_in(browser: Browser) -> None:
    browser.log_in("x")
    me = browser.user
    assert not me.has_usable_password()
    assert browser.post("/accounts/3rdparty/", account_of(browser, "twitter_oauth2")).status_code == 302
    assert not SocialAccount.objects.exists()
    browser.post("/accounts/logout/")
    browser.log_in_by_code(MARA)
    assert browser.user == me


@pytest.mark.once
def test_the_only_way_in_stays_and_the_page_says_what_to_do(browser: Browser) -> None:
    browser.log_in("facebook")  # its address is not proved
    page = browser.post("/accounts/3rdparty/", account_of(browser, "facebook"))
    assert page.status_code == 200
    assert "This is the only way into your account. Prove an email address first" in page.text
    assert SocialAccount.objects.exists()
    assert all("disconnected" not in message.subject.lower() for message in mail.outbox)


@pytest.mark.once
def test_proving_once_more_who_one_is_does_not_change_how_one_came(browser: Browser) -> None:
    browser.log_in("x")
    user = browser.user
    user.set_password(PASSWORD)
    user.save()
    browser.log_in("x")
    assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert "You are logged in with your X (Twitter) account." in browser.get("/accounts/me/").text


# At once


@pytest.fixture
def house(installation: Installation, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """A site on a database of its own, which this thread speaks to."""
    with django_db_blocker.unblock(), installation.connected():
        make.rules()
        yield installation


def test_whoever_speaks_while_they_are_joined_is_told_or_taken_along(house: Installation) -> None:
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
        joined, said, again = at_once(house, partial(actions.join, old, mine), speak, partial(actions.join, old, mine))
        assert joined == again == mine, (joined, again)
        assert isinstance(said, Comment | commenting.Joined), said
        assert Comment.objects.filter(commenter=mine).count() == 2 + isinstance(said, Comment)
        assert not Commenter.objects.filter(pk=guest.pk).exists()
    assert not list(problems())


def test_two_who_are_joined_to_one_another_in_the_same_moment(house: Installation) -> None:
    essay = make.essay()
    for _round in range(5):
        first, second = make.user(), make.user()
        for user in (first, second):
            make.comment(essay, by=Commenter.objects.of(user))
        results = at_once(house, partial(actions.join_users, first, second), partial(actions.join_users, second, first))
        assert sorted(type(result).__name__ for result in results) == ["Refused", "User"], results
        (left,) = [result for result in results if isinstance(result, User)]
        assert Comment.objects.filter(commenter__user=left).count() == 2
    assert not list(problems())
