"""Fixtures: an essay with its author, and readers, on a site without a rate limit."""

from typing import TYPE_CHECKING

import pytest

# Models cannot be imported yet: this file is read before Django is set up.
if TYPE_CHECKING:
    from accounts.models import User
    from blog.models import Essay
    from comments.models import Comment
    from tests.comments.browser_client import Browser


@pytest.fixture
def author(db: None) -> "User":
    from tests import make

    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay(author: "User") -> "Essay":
    from tests import make

    make.rules()
    return make.essay("Whose Promise Is It?", by=author)


@pytest.fixture
def guest(db: None) -> "Browser":
    from tests.comments.browser_client import Browser

    return Browser()


@pytest.fixture
def stranger(db: None) -> "Browser":
    """Another person at another IP address."""
    from tests.comments.browser_client import Browser

    return Browser(address="198.51.100.20")


@pytest.fixture
def rosa(db: None) -> "User":
    from tests import make

    return make.user("rosa", name="Rosa Castellanos")


@pytest.fixture
def reader(rosa: "User") -> "Browser":
    """A logged-in browser."""
    from tests.comments.browser_client import Browser

    return Browser(rosa)


@pytest.fixture
def writer(rosa: "User", essay: "Essay") -> "Browser":
    """A logged-in browser whose comments are published immediately."""
    from tests import make
    from tests.comments.browser_client import Browser

    make.rules(hold_first_comment=False)
    return Browser(rosa)


@pytest.fixture
def comment(essay: "Essay") -> "Comment":
    from tests import make

    return make.comment(essay, "Nobody's.", by=make.guest("Ines <b>Okafor"))
