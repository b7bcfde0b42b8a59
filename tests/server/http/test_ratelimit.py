"""Rate limits count exactly, also for simultaneous requests."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from server.http import ratelimit
from server.jobs.maintenance import delete_expired
from server.models import Bucket
from tests.services.site import Installation

WHO = "203.0.113.7"


@pytest.mark.django_db
def test_the_second_call_returns_the_seconds_to_wait() -> None:
    with time_machine.travel("2026-11-24 12:00:00Z", tick=False) as clock:
        assert ratelimit.acquire("comment", WHO, 15) == 0
        assert ratelimit.acquire("comment", WHO, 15) == pytest.approx(15)
        clock.shift(10)
        assert ratelimit.acquire("comment", WHO, 15) == pytest.approx(5)
        clock.shift(5)
        assert ratelimit.acquire("comment", WHO, 15) == 0


@pytest.mark.django_db
def test_limits_of_different_purposes_and_clients_are_separate() -> None:
    assert ratelimit.acquire("comment", WHO, 15) == 0
    assert ratelimit.acquire("search", WHO, 15) == 0
    assert ratelimit.acquire("comment", "203.0.113.8", 15) == 0
    assert ratelimit.acquire("comment", "2001:db8:1:2::3", 15) == 0
    assert ratelimit.acquire("comment", "2001:db8:1:2:ffff::3", 15) > 0


@pytest.mark.django_db
def test_no_seconds_is_no_limit() -> None:
    assert [ratelimit.acquire("comment", WHO, 0) for _ in range(3)] == [0, 0, 0]
    assert not Bucket.objects.exists()


@pytest.mark.django_db
def test_a_limit_allows_several_turns_in_a_period() -> None:
    with time_machine.travel("2026-11-24 12:00:00Z", tick=False) as clock:
        assert [ratelimit.acquire("search", WHO, 60, count=3) for _ in range(3)] == [0, 0, 0]
        assert ratelimit.acquire("search", WHO, 60, count=3) == pytest.approx(20)
        clock.shift(20)
        assert ratelimit.acquire("search", WHO, 60, count=3) == 0
        assert ratelimit.acquire("search", WHO, 60, count=3) == pytest.approx(20)


@pytest.mark.django_db
def test_a_rolled_back_turn_is_not_counted() -> None:
    with transaction.atomic():
        assert ratelimit.acquire("comment", WHO, 15) == 0
        transaction.set_rollback(True)
    assert ratelimit.acquire("comment", WHO, 15) == 0


@pytest.mark.django_db
def test_a_clock_set_back_locks_no_one_out() -> None:
    with time_machine.travel("2026-11-25 12:00:00Z", tick=False) as clock:
        assert ratelimit.acquire("comment", WHO, 15) == 0
        clock.shift(-24 * 60 * 60)
        assert ratelimit.acquire("comment", WHO, 15) == 0
        assert ratelimit.acquire("comment", WHO, 15) > 0


@pytest.mark.django_db
def test_addresses_are_not_stored_and_expired_limits_are_deleted() -> None:
    with time_machine.travel("2026-11-24 12:00:00Z", tick=False) as clock:
        ratelimit.acquire("comment", WHO, 15)
        ratelimit.acquire("search", WHO, 600)
        assert not Bucket.objects.filter(key__contains=WHO).exists()
        clock.shift(60)
        delete_expired.call()
        assert Bucket.objects.count() == 1


@pytest.mark.parametrize("is_known", [False, True])
def test_exactly_one_of_fifty_simultaneous_calls_succeeds(
    installation: Installation, django_db_blocker: DjangoDbBlocker, is_known: bool
) -> None:
    together = Barrier(50)

    def ask(_: int) -> float:
        with installation.connected():
            together.wait()
            return ratelimit.acquire("comment", WHO, 60)

    with django_db_blocker.unblock(), ThreadPoolExecutor(50) as pool:
        if is_known:
            with installation.connected():
                Bucket.objects.create(key=ratelimit._hash("comment", WHO), reserved_until=time.time() - 1)
        waits = sorted(pool.map(ask, range(50)))
    assert waits[0] == 0
    assert waits[1] > 50


@pytest.mark.django_db
def test_a_client_with_two_names_waits_for_both() -> None:
    assert ratelimit.acquire("comment", ["ida", WHO], 15) == 0
    assert ratelimit.acquire("comment", "ida", 15) > 0
    assert ratelimit.acquire("comment", ["otto", WHO], 15) > 0


@pytest.mark.django_db
def test_an_unused_turn_can_be_released() -> None:
    assert ratelimit.acquire("try", "someone", 60, count=2) == 0
    assert ratelimit.acquire("try", "someone", 60, count=2) == 0
    assert ratelimit.is_exhausted("try", "someone", 60, count=2)
    ratelimit.release("try", "someone", 60, count=2)
    assert not ratelimit.is_exhausted("try", "someone", 60, count=2)
    assert ratelimit.acquire("try", "someone", 60, count=2) == 0
    assert ratelimit.acquire("try", "someone", 60, count=2) > 0


@pytest.mark.django_db
def test_an_issued_token_can_be_redeemed_once_before_it_expires() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for what in ("first", "second"):
            ratelimit.issue("code", what, 60)
        assert not ratelimit.redeem("another purpose", "first")
        assert ratelimit.redeem("code", "first")
        assert not ratelimit.redeem("code", "first")
        clock.shift(60)
        assert not ratelimit.redeem("code", "second")
