"""Trusted, held and blocked people people people at /admin/comments/queue/blocks/: searched, listed and removed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from comments.models import Block
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BLOCKS = "/admin/comments/queue/blocks/"


@pytest.fixture
def mara(client: Client) -> User:
    make.rules()
    mara = make.user("mara", name="Mara", group="Moderators")
    client.force_login(mara)
    return mara


def put(kind: str = "block", days: int | None = None, **fields: Any) -> Block:
    until = None if days is None else timezone.now() + timedelta(days=days)
    block: Block = Block.objects.create(kind=kind, until=until, **fields)
    return block


def read(client: Client, query: str = "") -> str:
    html = client.get(f"{BLOCKS}{query}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", "", html.partition('<p class="count">')[2] or html).split())


def test_each_entry_shows_person_duration_note_and_moderator(client: Client, mara: User) -> None:
    essay = make.essay()
    person = make.comment(essay, by=make.guest("Anna Karg")).commenter
    put(commenter=person, moderator=mara, note="Third time", sentence="Cool down.")
    put("hold", email="b@example.org", days=400)
    put("trust", network="203.0.113.0/24")
    put(network="198.51.100.7/32", days=-2, note="It is over")
    said = read(client)
    for words in ("Blocked · Anna Karg · permanently", "Note: Third time", "Message: Cool down.", "by Mara,",
                  "Always held · anyone with the verified address b@example.org · until", "Always published · everyone on 203.0.113.0/24"):  # fmt: skip
        assert words in said
    assert "It is over" not in said
    assert "198.51.100.7/32 · expired" in read(client, "?kind=over")
    assert "Anna Karg" in read(client, "?q=karg")
    assert "Anna Karg" not in read(client, "?q=203.0")
    assert "No matches." in read(client, "?q=nobody%00&kind=x&page=-1")


def test_a_removed_exception_no_longer_applies_and_removing_it_again_says_so(client: Client, mara: User) -> None:
    block = put(network="203.0.113.0/24")
    for words in ("Removed: Blocked: 203.0.113.0/24, permanently.", "This exception has already been removed."):
        answer = client.post(f"{BLOCKS}?q=203", {"action": "lift", "block": block.pk}, follow=True)
        assert words in answer.content.decode()
    assert not Block.objects.exists()
    assert client.post(BLOCKS, {"action": "eat", "block": block.pk}).status_code == 400


def test_long_lists_are_paged_with_few_queries(client: Client, mara: User) -> None:
    essay = make.essay()
    writer = make.comment(essay).commenter
    Block.objects.bulk_create(Block(kind="block", commenter=writer, moderator=mara) for _ in range(120))
    with CaptureQueriesContext(connection) as queries:
        assert "Page 2 of 3" in read(client, "?page=2")
    assert len(queries) <= 8
    assert "Page 3 of 3" in read(client, "?page=99")
