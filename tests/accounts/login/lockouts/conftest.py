"""Fixtures: a user whose account strangers guess at, and a clock."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import time_machine

# None of our modules can be imported here: this file is read before Django is set up.
if TYPE_CHECKING:
    from accounts.models import User

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def miriam(db: None) -> "User":
    from tests import make
    from tests.accounts.by_provider import PASSWORD

    return make.moderator("miriam", name="Miriam", password=PASSWORD)
