"""Fixtures: an essay that accepts comments and likes of guests, and the people who exchange replies."""

from typing import TYPE_CHECKING

import pytest

# Models cannot be imported yet: this file is read before Django is set up.
if TYPE_CHECKING:
    from accounts.models import User
    from blog.models import Essay
    from tests.comments.browser_client import Browser


@pytest.fixture
def essay() -> "Essay":
    from tests import make

    make.rules(hold_first_comment=False, guests_may_like=True)
    return make.essay("Of Forms")


@pytest.fixture
def mara() -> "User":
    from tests import make

    return make.moderator("mara", name="Mara")


@pytest.fixture
def rosa() -> "Browser":
    """A logged-in browser."""
    from tests import make
    from tests.comments.browser_client import Browser

    return Browser(make.user("rosa", name="Rosa"))
