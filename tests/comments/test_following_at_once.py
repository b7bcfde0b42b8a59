"""Subscribing while addresses without subscriptions are being deleted: the subscription survives."""

from functools import partial

from django.utils import timezone

from comments.jobs import forget_subscriptions
from comments.models import Address, Subscription
from comments.notifications import subscribing
from comments.notifications.subscribing import Asker, Wish
from tests import make
from tests.services.at_once import at_once
from tests.services.site import Installation

ROUNDS = 20


def test_subscribing_while_idle_addresses_are_deleted_works(house: Installation) -> None:
    essay = make.essay()
    for number in range(ROUNDS):
        email = f"anna{number}@example.org"
        Address.objects.create(email=email, proved=timezone.now())
        wish = Wish(Subscription.Kind.ESSAY, essay, None)
        follow = partial(subscribing.follow, Asker(email, None, is_reader=True), [wish])
        assert at_once(house, forget_subscriptions.call, follow) == [None, None]
        assert Subscription.objects.active().get(address__email=email).essay == essay
