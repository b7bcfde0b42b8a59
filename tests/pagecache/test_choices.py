"""The orders that a browser may remember are those that exist."""

from django.conf import settings

from comments.models import Rules


def test_every_order_may_be_remembered() -> None:
    assert list(settings.PAGECACHE_CHOICE_VALUES) == Rules.Order.values
