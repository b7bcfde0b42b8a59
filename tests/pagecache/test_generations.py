"""Generations rise with the transaction, and never fall."""

import threading
import time
from collections.abc import Callable

import pytest
import time_machine
from django.db import transaction

import pagecache
from pagecache import generations
from pagecache.generations import ANY
from pagecache.models import Generation
from pagecache.wsgi import PageCache
from tests.services.site import Installation

pytestmark = pytest.mark.usefixtures("database")


def numbers() -> dict[str, int]:
    return dict(Generation.objects.values_list("key", "number"))


def test_invalidating_raises_the_named_keys_and_any(invalidate: Callable[..., None]) -> None:
    invalidate("essay:1", "comments")
    first = numbers()
    assert set(first) == {ANY, "essay:1", "comments"}
    invalidate("comments", "comments")
    second = numbers()
    assert second["essay:1"] == first["essay:1"]
    assert second["comments"] > first["comments"]
    assert second[ANY] > first[ANY]


def test_invalidating_nothing_raises_nothing(invalidate: Callable[..., None]) -> None:
    invalidate()
    assert numbers() == {}


def test_invalidating_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        pagecache.invalidate("site")


def test_a_rollback_raises_nothing(invalidate: Callable[..., None]) -> None:
    invalidate("site")
    before = numbers()
    with transaction.atomic():
        pagecache.invalidate("site", "essay:1")
        transaction.set_rollback(True)
    assert numbers() == before


def test_several_changes_at_one_moment_get_different_numbers(invalidate: Callable[..., None]) -> None:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False):
        values = []
        for _ in range(5):
            invalidate("site")
            values.append(numbers()["site"])
    assert len(set(values)) == 5


def test_a_clock_set_back_does_not_lower_numbers(invalidate: Callable[..., None]) -> None:
    invalidate("site")
    before = numbers()
    with time_machine.travel("2020-01-01T00:00:00Z"):
        invalidate("site")
    assert numbers()["site"] > before["site"]
    assert numbers()[ANY] > before[ANY]


def test_numbers_used_after_a_backup_are_not_used_again(invalidate: Callable[..., None]) -> None:
    """Otherwise a page cached before the restore could pass for a later one."""
    invalidate("site")
    backup = numbers()
    for _ in range(50):
        invalidate("site")
    last = numbers()["site"]
    for key, number in backup.items():
        Generation.objects.filter(key=key).update(number=number)
    with time_machine.travel(last / 1000 + 60):
        invalidate("site")
    assert numbers()["site"] > last


def test_writers_that_invalidate_in_any_order_never_deadlock(database: Installation) -> None:
    """Twice per transaction and in conflicting order, as a moderator's bulk decision among comments being posted."""
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def write(number: int) -> None:
        with database.connected():
            try:
                start.wait(10)
                for step in range(25):
                    with transaction.atomic():
                        pagecache.invalidate(f"essay:{(number + step) % 4}")
                        pagecache.invalidate(f"essay:{(number * step) % 4}", "comments")
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


def test_a_writer_waits_for_readers_once_per_transaction(waits: list[float]) -> None:
    with transaction.atomic():
        for number in range(3):
            pagecache.invalidate(f"essay:{number}")
        assert waits == []
    assert waits == [generations.LEASE]
    with transaction.atomic():
        pagecache.invalidate("site")
    assert waits == [generations.LEASE] * 2


def test_a_request_waits_at_its_end_for_the_rest_of_the_time(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr("pagecache.generations.time.monotonic", lambda: now)

    def application(environ: object, start_response: object) -> list[bytes]:
        nonlocal now
        for key in ("essay:1", "site"):
            with transaction.atomic():
                pagecache.invalidate(key)
            now += 0.0015
        assert waits == []
        return [b"done"]

    cache = PageCache(application)
    assert cache({"REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_PORT": "80"}, lambda *_: print) == [b"done"]
    assert waits == [pytest.approx(generations.LEASE - 0.0015)]
    with transaction.atomic():
        pagecache.invalidate("site")
    assert waits[1:] == [generations.LEASE]


def test_after_a_partial_rollback_the_rest_of_the_transaction_waits(waits: list[float]) -> None:
    with transaction.atomic():
        with transaction.atomic():
            pagecache.invalidate("essay:1")
            transaction.set_rollback(True)
        assert waits == []
        pagecache.invalidate("essay:2")
    assert waits == [generations.LEASE]
