"""Fixtures: the essay under which readers comment."""

from typing import TYPE_CHECKING

import pytest

# Models cannot be imported yet: this file is read before Django is set up.
if TYPE_CHECKING:
    from blog.models import Essay
    from tests.services.site import Server


@pytest.fixture
def essay(site: "Server") -> "Essay":
    """An essay on the demo site, where first comments are held."""
    from tests import make

    make.rules(hold_first_comment=True)
    return make.essay("Of Forms", by=make.author(name="Miriam Achterberg"))
