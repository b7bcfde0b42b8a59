"""Numbers that move with the transaction, and never back."""

import threading
from collections.abc import Callable

import pytest
import time_machine
from django.db import transaction

import pagecache
from pagecache import generations
from pagecache.generations import ANY
from pagecache.models import Generation
from tests.services.site import Installation

pytestmark = pytest.mark.usefixtures("database")


def numbers() -> dict[str, int]:
    return dict(Generation.objects.values_list("key", "number"))


def test_a_bump_moves_what_it_names_and_any(bump: Callable[..., None]) -> None:
    bump("essay:1", "comments")
    first = numbers()
    assert set(first) == {ANY, "essay:1", "comments"}
    bump("comments", "comments")
    then = numbers()
    assert then["essay:1"] == first["essay:1"]
    assert then["comments"] > first["comments"]
    assert then[ANY] > first[ANY]


def test_nothing_to_bump_moves_nothing(bump: Callable[..., None]) -> None:
    bump()
    assert numbers() == {}


def test_outside_a_transaction_it_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        pagecache.invalidate("site")


def test_a_change_taken_back_moves_nothing(bump: Callable[..., None]) -> None:
    bump("site")
    before = numbers()
    with transaction.atomic():
        pagecache.invalidate("site", "essay:1")
        transaction.set_rollback(True)
    assert numbers() == before


def test_many_changes_in_one_moment_have_numbers_of_their_own(bump: Callable[..., None]) -> None:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False):
        seen = []
        for _ in range(5):
            bump("site")
            seen.append(numbers()["site"])
    assert len(set(seen)) == 5


def test_a_clock_set_back_does_not_set_numbers_back(bump: Callable[..., None]) -> None:
    bump("site")
    before = numbers()
    with time_machine.travel("2020-01-01T00:00:00Z"):
        bump("site")
    assert numbers()["site"] > before["site"]
    assert numbers()[ANY] > before[ANY]


def test_numbers_given_out_after_a_backup_do_not_come_again(bump: Callable[..., None]) -> None:
    """Else a page kept before the restore could pass for one made after it."""
    bump("site")
    backup = numbers()
    for _ in range(50):
        bump("site")
    lost = numbers()["site"]
    for key, number in backup.items():
        Generation.objects.filter(key=key).update(number=number)
    with time_machine.travel(lost / 1000 + 60):
        bump("site")
    assert numbers()["site"] > lost


def test_writers_who_bump_in_any_order_never_wait_in_a_ring(database: Installation) -> None:
    """Twice a transaction, and crossing: exactly what a moderator's bulk decision does to posting readers."""
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def write(number: int) -> None:
        with database.connected():
            try:
                start.wait(10)
                for round in range(25):
                    with transaction.atomic():
                        pagecache.invalidate(f"essay:{(number + round) % 4}")
                        pagecache.invalidate(f"essay:{(number * round) % 4}", "comments")
            except BaseException as error:
                failures.append(error)

    before = {ANY: 0} | numbers()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert numbers()[ANY] >= before[ANY] + 200


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("pagecache.generations.time.sleep", waits.append)
    return waits


def test_a_writer_outlasts_the_readers_once_a_transaction(waits: list[float]) -> None:
    with transaction.atomic():
        for number in range(3):
            pagecache.invalidate(f"essay:{number}")
        assert waits == []
    assert waits == [generations.LEASE]
    with transaction.atomic():
        pagecache.invalidate("site")
    assert waits == [generations.LEASE] * 2


def test_a_part_taken_back_leaves_the_wait_to_the_rest(waits: list[float]) -> None:
    with transaction.atomic():
        with transaction.atomic():
            pagecache.invalidate("essay:1")
            transaction.set_rollback(True)
        assert waits == []
        pagecache.invalidate("essay:2")
    assert waits == [generations.LEASE]
