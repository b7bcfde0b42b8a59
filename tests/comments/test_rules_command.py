"""`manage.py rules`: what it says of a setting that cannot be read."""

import pytest
from django.core.management import CommandError, call_command

from comments.models import Rules

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("hold_link=2", "Unknown setting 'hold_link'. Choose from: who_may_comment, "),
        ("hold_links", "hold_links: Give it a value, such as hold_links=2."),
        ("order=random", "order must be one of oldest, newest, liked, not 'random'."),
        ("likes=maybe", "likes must be true or false, not 'maybe'."),
    ],
)
def test_a_change_that_cannot_be_read_is_refused_and_says_what_can(change: str, said: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("rules", "flood_seconds=0", change)
    assert str(refused.value).startswith(said)
    assert Rules.objects.current().flood_seconds == Rules().flood_seconds
