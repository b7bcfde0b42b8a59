"""Names that imitate authors and moderators: their comments are held with a reason."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Commenter, User
from accounts.profiles.names import fold, imitates
from blog.models import Essay
from comments.models import Comment, Status, Wording
from comments.screening import reasons, screening
from comments.screening.history import AuthorHistory
from moderation.decisions import actions as deciding
from tests import make
from tests.accounts.by_provider import configure_provider
from tests.comments.browser_client import Browser
from tests.services import provider as demo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MIRIAM = "Miriam Achterberg"


@pytest.fixture
def author() -> User:
    return make.author("m.a", name=MIRIAM)


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules(hold_first_comment=False)
    make.moderator("tomas", name="Tomás Ferreira")
    make.site(name="The Orchard")
    return make.essay("Whose Promise Is It?", by=author)


def why(comment: Comment) -> list[str]:
    assert comment.wording
    return [reasons.describe(reason) for reason in comment.wording.reasons]


@pytest.mark.parametrize(
    "name",
    [
        "Miriam Achterberg", "MIRIAM  ACHTERBERG", "miriam.achterberg", "Miriаm Achterberg", "M1riam Achterberg",
        "Miriam\u200b Achter\u200dberg", "\u202eMiriam Achterberg", "Ⅿiriam Achterberg", "ꓟiriam Achterberg",
        "Ⲙiriam Achterberg", "Míriam Achterbërg", "𝓜𝓲𝓻𝓲𝓪𝓶 Achterberg", "Miriarn Achterberg", "Miriam Achterberg ✓",
        "Miriam Achterberg (author)", "The real Miriam Achterberg", "MiriamAchterberg", "Achterberg, Miriam",
        "Dr. M i r i a m Achterberg", "MiriamAchterberg2", "xxMiriamAchterbergxx", "Miriam_Achterberg",
    ],
)  # fmt: skip
def test_a_name_like_the_authors_is_held_and_the_reason_names_the_author(essay: Essay, name: str) -> None:
    comment = Browser().post_comment(essay, name=name)
    assert comment.status == Status.PENDING
    assert "name imitates Miriam Achterberg, an author" in why(comment)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Tomas Ferreira", "name imitates Tomás Ferreira, a moderator"),
        ("TOMAS", "name imitates Tomás Ferreira, a moderator"),
        ("Moderator", "uses a reserved name such as “admin”"),
        ("Site Admin", "uses a reserved name such as “admin”"),
        ("The 0wner", "uses a reserved name such as “admin”"),
        ("Аdmin 2", "uses a reserved name such as “admin”"),
        ("The Orchard", "uses the site’s name"),
        ("The Orchard Team", "uses the site’s name"),
        ("Thе Оrchard", "uses the site’s name"),
    ],
)
def test_names_like_those_of_staff_titles_and_the_site_are_held(essay: Essay, name: str, words: str) -> None:
    comment = Browser().post_comment(essay, name=name)
    assert comment.status == Status.PENDING
    assert words in why(comment)


@pytest.mark.parametrize(
    "name",
    [
        "Miriam", "Miriam Miller", "Anna Achterberg", "Tomas Miller", "Badminton Club", "Ownership Society", "Authenrieth",
        "Orchard Keeper", "Theo", "Ada", "★", "محمد", "玉", "Мария Петрова", "Ελένη", "O’Brien 3rd",
    ],
)  # fmt: skip
def test_an_ordinary_name_is_not_held(essay: Essay, name: str) -> None:
    assert Browser().post_comment(essay, name=name).status == Status.APPROVED


def test_a_provider_account_named_like_the_author_is_held_too(essay: Essay, settings: Any, author: User) -> None:
    """A provider's name is not verified either."""
    with demo.provider() as running:
        configure_provider(settings, running.base)
        browser = Browser(headers={"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"})
        sent = browser.post(f"{essay.get_absolute_url()}connect/x/", {"window": ""})
        browser.get(
            demo.complete_authorization(sent.headers["Location"], "Miriаm Achterberg").removeprefix("http://127.0.0.1")
        )
    browser.identity = str(Commenter.objects.get(user__socialaccount__isnull=False).pk)
    comment = browser.post_comment(essay)
    assert comment.commenter.verified
    assert comment.status == Status.PENDING
    assert "name imitates Miriam Achterberg, an author" in why(comment)


def test_authors_and_moderators_may_use_their_own_names(essay: Essay, author: User) -> None:
    elsewhere = make.essay("Another", by=make.author("else", name="Somebody Else"))
    assert Browser(author).post_comment(elsewhere).status == Status.APPROVED
    twin = make.moderator("twin", name=MIRIAM)
    assert Browser(twin).post_comment(elsewhere).status == Status.APPROVED


def test_a_namesake_whom_a_moderator_approved_is_not_held_again(essay: Essay) -> None:
    namesake = make.user("namesake", name=MIRIAM)
    browser, judge = Browser(namesake), make.moderator("judge", name="Judge")
    first = browser.post_comment(essay)
    assert why(first) == ["name imitates Miriam Achterberg, an author"]
    deciding.approve(first, by=judge)
    assert browser.post_comment(essay, text="Again.").status == Status.APPROVED
    Commenter.objects.filter(user=namesake).update(name="The Orchard", changed=timezone.now())
    assert browser.post_comment(essay, text="And again.").status == Status.PENDING


def test_an_approved_namesake_may_change_other_details(essay: Essay) -> None:
    namesake = make.user("namesake", name=MIRIAM)
    browser = Browser(namesake)
    deciding.approve(browser.post_comment(essay), by=make.moderator("judge", name="Judge"))
    Commenter.objects.filter(user=namesake).update(website="https://example.org/", changed=timezone.now())
    assert browser.post_comment(essay, text="Again.").status == Status.APPROVED


def test_an_approved_guest_may_change_their_website(essay: Essay) -> None:
    """Even after an author with the same name has joined."""
    guest = Browser()
    assert guest.post_comment(essay, name="Rosa Lindt", remember="on").status == Status.APPROVED
    make.essay(by=make.author("rosa", name="Rosa Lindt"))
    assert (
        guest.post_comment(essay, name="Rosa Lindt", website="https://example.org/", text="Again.").status
        == Status.APPROVED
    )
    assert Browser().post_comment(essay, name="Rosa Lindt", text="Me too.").status == Status.PENDING


def test_approval_under_another_name_does_not_allow_the_authors_name(essay: Essay) -> None:
    reader = make.user("reader", name="Rosa")
    browser = Browser(reader)
    assert browser.post_comment(essay).status == Status.APPROVED
    Commenter.objects.filter(user=reader).update(name=MIRIAM, changed=timezone.now())
    assert browser.post_comment(essay, text="Trust me.").status == Status.PENDING


def test_the_check_makes_one_query_for_any_number_of_people(
    essay: Essay, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for _number in range(20):
        make.essay(by=make.author(name="Somebody Else"))
    draft = screening.Draft(
        make.guest("Anna"), screening.Sender(), Wording(), make.rules(), essay, AuthorHistory(None, None, False)
    )
    with django_assert_num_queries(1):
        assert screening.impersonates(draft) is None


@pytest.mark.parametrize(("name", "other"), [("Li Wei", "Li"), ("Ada Lovelace", "Ada"), ("Jane Doe", "Jo Do")])
def test_a_short_name_is_not_searched_for_within_others(name: str, other: str) -> None:
    assert not imitates(name, other)


def test_comparing_a_long_name_is_fast() -> None:
    started = time.process_time()
    for name in ("a " * 122, "rn" * 122, "Ⲙ\u0301" * 60, "x_" * 122):
        assert not imitates(name, MIRIAM)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("letter", "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜⲘⲞⲢⲤⲦⲬⲔⲚⲎ")
def test_letters_that_look_latin_fold_to_latin_ones(letter: str) -> None:
    assert fold(letter).isascii()
