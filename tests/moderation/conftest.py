"""Fixtures: a moderator at the queue, and an essay with comments."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

# Models cannot be imported yet: this file is read before Django is set up.
if TYPE_CHECKING:
    from blog.models import Essay
    from tests.moderation.desk import Desk


@pytest.fixture
def desk(client: Client) -> "Desk":
    from tests import make
    from tests.moderation.desk import Desk

    make.rules()
    return Desk(client, make.moderator("mara", name="Mara"))


@pytest.fixture
def essay() -> "Essay":
    from tests import make

    return make.essay("Whose Promise Is It?")
