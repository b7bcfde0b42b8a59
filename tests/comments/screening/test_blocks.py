"""People, verified email addresses and networks that are trusted, always held or blocked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Commenter
from accounts.profiles import merging as people
from blog.models import Essay
from comments.models import Block, Comment, Status
from comments.screening import blocks
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADD = "/admin/comments/block/add/"


@pytest.fixture(autouse=True)
def _free(essay: Essay) -> None:
    make.rules(hold_first_comment=False)


def treat(kind: str, **who: Any) -> Block:
    block: Block = Block.objects.create(kind=kind, **who)
    return block


def anna() -> tuple[Browser, Commenter]:
    user = make.user("anna")
    return Browser(user), Commenter.objects.for_user(user)


def reasons(comment: Comment) -> list[str]:
    return [reason["code"] for reason in comment.wording.reasons] if comment.wording else []


@pytest.mark.both
def test_a_trusted_person_is_published_whatever_the_rules_say(essay: Essay) -> None:
    browser, person = anna()
    make.rules(hold_everything=True, refuse_words="gold")
    treat("trust", commenter=person)
    assert browser.post_comment(essay, text="gold").status == Status.APPROVED


def test_a_trusted_guest_whose_browser_sends_no_origin_is_held(essay: Essay) -> None:
    """Another site could have sent it with the guest's cookie."""
    browser = Browser()
    treat("trust", commenter=browser.post_comment(essay, remember="on").commenter)
    browser.defaults.pop("HTTP_SEC_FETCH_SITE")
    comment = browser.post_comment(essay, text="From somewhere.")
    assert comment.commenter == Commenter.objects.get()
    assert comment.status == Status.PENDING
    assert reasons(comment) == ["origin"]


def test_a_comment_of_a_held_person_lists_all_other_reasons(essay: Essay) -> None:
    browser, person = anna()
    make.rules(hold_links=1)
    treat("hold", commenter=person)
    assert reasons(browser.post_comment(essay, text="See https://example.org/.")) == ["kept", "links"]


@pytest.mark.both
def test_an_always_held_person_is_held_and_the_queue_says_why(essay: Essay) -> None:
    browser, person = anna()
    treat("hold", commenter=person)
    comment = browser.post_comment(essay)
    assert comment.status == Status.PENDING
    assert reasons(comment) == ["kept"]


@pytest.mark.both
@pytest.mark.parametrize(
    "who", [{"email": "anna@example.org"}, {"network": "203.0.113.7/32"}, {"network": "203.0.0.0/16"}, {}]
)
def test_a_blocked_person_sees_until_when_and_why_and_keeps_the_text(essay: Essay, who: dict[str, str]) -> None:
    browser, person = anna()
    until = datetime(2030, 12, 3, tzinfo=UTC)
    whom: dict[str, Any] = dict(who) or {"commenter": person}
    treat("block", until=until, sentence="You insulted Rosa twice.", **whom)
    page = browser.submit_comment(essay, text="My words")
    assert page.status == 403
    assert "You are blocked from commenting here until 3 December 2030. You insulted Rosa twice." in page.error_summary
    assert page.form_values["text"] == "My words"
    assert not Comment.objects.exists()


def test_a_typed_email_address_gives_no_trust(guest: Browser, essay: Essay) -> None:
    treat("block", email="anna@example.org")
    treat("trust", email="anna@example.org")
    make.rules(hold_everything=True)
    assert guest.post_comment(essay, email="anna@example.org").status == Status.PENDING


@pytest.mark.both
@pytest.mark.parametrize("address", ["2001:db8:1:2::3", "::ffff:203.0.113.7"])
def test_ipv4_and_ipv6_networks_match(essay: Essay, address: str) -> None:
    treat("block", network="2001:db8::/32")
    treat("block", network="203.0.113.0/24")
    assert Browser(address=address).submit_comment(essay).status == 403
    assert Browser(address="198.51.100.1").submit_comment(essay).status == 302


def test_an_expired_block_has_no_effect(guest: Browser, essay: Essay) -> None:
    treat("block", network="203.0.113.0/24", until=timezone.now() - timedelta(seconds=1))
    assert guest.post_comment(essay).status == Status.APPROVED


def test_a_persons_block_overrides_their_networks(essay: Essay) -> None:
    browser, person = anna()
    treat("block", network="203.0.113.0/24")
    treat("hold", email="anna@example.org")
    assert browser.post_comment(essay).status == Status.PENDING
    treat("trust", commenter=person)
    assert browser.post_comment(essay, text="Again.").status == Status.APPROVED
    treat("hold", commenter=person)
    assert browser.post_comment(essay, text="And again.").status == Status.PENDING  # of two alike the stricter


def test_a_blocked_person_cannot_edit_either(essay: Essay) -> None:
    browser, person = anna()
    comment = browser.post_comment(essay)
    treat("block", commenter=person)
    answer = browser.post(f"/comments/{comment.pk}/edit/", {"text": "Other words", "seen": comment.wording_id})
    assert answer.status_code == 422
    assert "You are blocked from commenting here" in answer.content.decode()


@pytest.mark.both
def test_blocks_need_no_extra_query(essay: Essay) -> None:
    browser, person = anna()

    def asked(text: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.post_comment(essay, text=text)
        return len(queries)

    asked("Zero")
    bare = asked("One")
    for number in range(300):
        treat("block", network=f"10.0.{number % 256}.{number // 256}")
    treat("trust", commenter=person)
    assert asked("Two") <= bare


@pytest.mark.both
def test_a_block_moves_to_the_account_that_its_person_is_merged_into(essay: Essay) -> None:
    browser, person = anna()
    guest = make.comment(essay).commenter
    treat("hold", commenter=guest)
    people.merge_commenters(guest, person)
    assert browser.post_comment(essay).status == Status.PENDING


def test_a_new_block_replaces_the_old_one() -> None:
    mara = make.moderator("mara")
    blocks.save_block("block", by=mara, network="203.0.113.0/24")
    blocks.save_block("hold", by=mara, network="203.0.113.0/24")
    assert Block.objects.get().kind == "hold"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"network": "300.1.2.3"}, "is not an IP address or network"),
        ({"network": "0.0.0.0/0"}, "is too large"),
        ({"email": "nobody"}, "Enter a valid email address"),
        ({}, "Fill in only one: person"),
        ({"email": "a@example.org", "network": "203.0.113.7"}, "Fill in only one: person"),
    ],
)
def test_the_admin_rejects_an_invalid_block(client: Client, fields: dict[str, str], says: str) -> None:
    client.force_login(make.owner())
    page = client.post(ADD, {"kind": "block", **fields}).content.decode()
    assert says in page
    assert "Constraint" not in page
    assert not Block.objects.exists()


def test_the_admin_stores_a_network_in_canonical_form(client: Client, guest: Browser, essay: Essay) -> None:
    client.force_login(make.owner("owner"))
    assert client.post(ADD, {"kind": "block", "network": " 203.0.113.7/24 "}).status_code == 302
    block = Block.objects.get()
    assert (block.network, str(block.moderator)) == ("203.0.113.0/24", "owner")
    assert guest.submit_comment(essay).status == 403
