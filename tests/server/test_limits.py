"""How often somebody may do something: counted exactly, whoever asks at the same moment."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from server import limits
from server.models import Bucket
from server.upkeep import forget_spent
from tests.services.site import Installation

WHO = "203.0.113.7"


@pytest.mark.django_db
def test_one_passes_and_the_next_is_told_how_long_to_wait() -> None:
    with time_machine.travel("2026-11-24 12:00:00Z", tick=False) as clock:
        assert limits.take("comment", WHO, 15) == 0
        assert limits.take("comment", WHO, 15) == pytest.approx(15)
        clock.shift(10)
        assert limits.take("comment", WHO, 15) == pytest.approx(5)
        clock.shift(5)
        assert limits.take("comment", WHO, 15) == 0


@pytest.mark.django_db
def test_purposes_and_people_do_not_wait_for_each_other() -> None:
    assert limits.take("comment", WHO, 15) == 0
    assert limits.take("search", WHO, 15) == 0
    assert limits.take("comment", "203.0.113.8", 15) == 0
    assert limits.take("comment", "2001:db8:1:2::3", 15) == 0
    assert limits.take("comment", "2001:db8:1:2:ffff::3", 15) > 0


@pytest.mark.django_db
def test_no_seconds_is_no_limit() -> None:
    assert [limits.take("comment", WHO, 0) for _ in range(3)] == [0, 0, 0]
    assert not Bucket.objects.exists()


@pytest.mark.django_db
def test_several_turns_in_a_while() -> None:
    with time_machine.travel("2026-11-24 12:00:00Z", tick=False) as clock:
        assert [limits.take("search", WHO, 60, count=3) for _ in range(3)] == [0, 0, 0]
        assert limits.take("search", WHO, 60, count=3) == pytest.approx(20)
        clock.shift(20)
        assert limits.take("search", WHO, 60, count=3) == 0
        assert limits.take("search", WHO, 60, count=3) == pytest.approx(20)


@pytest.mark.django_db
def test_a_turn_that_comes_to_nothing_is_given_back() -> None:
    with transaction.atomic():
        assert limits.take("comment", WHO, 15) == 0
        transaction.set_rollback(True)
    assert limits.take("comment", WHO, 15) == 0


@pytest.mark.django_db
def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    with time_machine.travel("2026-11-25 12:00:00Z", tick=False) as clock:
        assert limits.take("comment", WHO, 15) == 0
        clock.shift(-24 * 60 * 60)
        assert limits.take("comment", WHO, 15) == 0
        assert limits.take("comment", WHO, 15) > 0


@pytest.mark.django_db
def test_nobodys_address_is_stored_and_what_is_spent_is_forgotten() -> None:
    with time_machine.travel("2026-11-24 12:00:00Z", tick=False) as clock:
        limits.take("comment", WHO, 15)
        limits.take("search", WHO, 600)
        assert not Bucket.objects.filter(key__contains=WHO).exists()
        clock.shift(60)
        forget_spent.call()
        assert Bucket.objects.count() == 1


@pytest.mark.parametrize("is_known", [False, True])
def test_of_fifty_at_once_exactly_one_passes(
    installation: Installation, django_db_blocker: DjangoDbBlocker, is_known: bool
) -> None:
    together = Barrier(50)

    def ask(_: int) -> float:
        with installation.connected():
            together.wait()
            return limits.take("comment", WHO, 60)

    with django_db_blocker.unblock(), ThreadPoolExecutor(50) as pool:
        if is_known:
            with installation.connected():
                Bucket.objects.create(key=limits._key("comment", WHO), drawn_until=time.time() - 1)
        waits = sorted(pool.map(ask, range(50)))
    assert waits[0] == 0
    assert waits[1] > 50


@pytest.mark.django_db
def test_somebody_of_two_names_waits_for_both() -> None:
    assert limits.take("comment", ["ida", WHO], 15) == 0
    assert limits.take("comment", "ida", 15) > 0
    assert limits.take("comment", ["otto", WHO], 15) > 0


@pytest.mark.django_db
def test_a_turn_is_given_back() -> None:
    assert limits.take("try", "someone", 60, count=2) == 0
    assert limits.take("try", "someone", 60, count=2) == 0
    assert limits.is_spent("try", "someone", 60, count=2)
    limits.give_back("try", "someone", 60, count=2)
    assert not limits.is_spent("try", "someone", 60, count=2)
    assert limits.take("try", "someone", 60, count=2) == 0
    assert limits.take("try", "someone", 60, count=2) > 0


@pytest.mark.django_db
def test_what_was_issued_is_redeemed_once_and_in_time() -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for what in ("first", "second"):
            limits.issue("code", what, 60)
        assert not limits.redeem("another purpose", "first")
        assert limits.redeem("code", "first")
        assert not limits.redeem("code", "first")
        clock.shift(60)
        assert not limits.redeem("code", "second")
