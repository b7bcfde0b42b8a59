"""Prepared updates and inserts: what the query set and `save()` would have stored."""

import pytest
from django.db.models import BigIntegerField, CharField, F

from accounts.models import Commenter
from comments.models import Address
from search.models import Entry
from server.prepared import PreparedInsert, PreparedUpdate
from tests import make

pytestmark = pytest.mark.django_db


def test_an_inserted_row_gets_its_key_and_is_stored_with_all_values() -> None:
    insert = PreparedInsert(Commenter)
    for name in ("Anna Karg", "100% “sure”; DROP"):
        row = make.guest(name)
        insert.run(row)
        stored = Commenter.objects.get(pk=row.pk)
        assert {field.name: getattr(stored, field.name) for field in Commenter._meta.fields} == {
            field.name: getattr(row, field.name) for field in Commenter._meta.fields
        }
        assert not row._state.adding


def test_a_row_with_a_known_key_is_inserted_or_replaced() -> None:
    upsert = PreparedInsert(Entry, replaces=("text",))
    for text in ("first", "second"):
        upsert.run(Entry(id=7, essay=1, address=f"/{text}/", text=text, tokens=text))
    assert list(Entry.objects.values_list("id", "address", "text")) == [(7, "/first/", "second")]


def test_an_update_changes_the_rows_that_match_and_counts_them() -> None:
    rename = PreparedUpdate(
        lambda pk, name: (Commenter.objects.filter(pk=pk), {"name": name, "email": F("name")}),
        pk=BigIntegerField(),
        name=CharField(),
    )
    first, second = make.guest("First"), make.guest("Second")
    first.save()
    second.save()
    assert rename.run(pk=first.pk, name="Éva") == 1
    assert rename.run(pk=0, name="No one") == 0
    assert sorted(Commenter.objects.values_list("name", "email")) == [("Second", "anna@example.org"), ("Éva", "First")]


def test_a_row_that_exists_is_left_out() -> None:
    address, insert = "anna@example.org", PreparedInsert(Address, skips_existing=True)
    for is_paused in (False, True):
        insert.run(Address(email=address, is_paused=is_paused))
    assert list(Address.objects.values_list("email", "is_paused")) == [(address, False)]
