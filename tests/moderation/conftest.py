"""Fixtures: a moderator at the queue, and an essay with comments."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

# Models cannot be imported yet: this file is read before Django is set up.
if TYPE_CHECKING:
    from blog.models import Essay
    from tests.moderation.desk import QueueClient


@pytest.fixture
def queue_client(client: Client) -> "QueueClient":
    from tests import make
    from tests.moderation.desk import QueueClient

    make.rules()
    return QueueClient(client, make.moderator("mara", name="Mara"))


@pytest.fixture
def essay() -> "Essay":
    from tests import make

    return make.essay("Whose Promise Is It?")
