"""The words that a browser may remember are the orders that there are."""

from django.conf import settings

from comments.models import Rules


def test_every_order_may_be_remembered() -> None:
    assert list(settings.PAGECACHE_CHOICE_VALUES) == Rules.Order.values
