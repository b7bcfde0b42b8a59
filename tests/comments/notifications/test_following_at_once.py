"""Subscribing while addresses without subscriptions are being deleted: the subscription survives."""

from functools import partial

from django.utils import timezone

from comments.jobs import delete_expired_subscriptions
from comments.models import Address, Subscription
from comments.notifications import subscribing
from comments.notifications.subscribing import Subscriber, Topic
from tests import make
from tests.services.concurrency import run_concurrently
from tests.services.site import Installation

ROUNDS = 20


def test_subscribing_while_idle_addresses_are_deleted_works(connected_installation: Installation) -> None:
    essay = make.essay()
    for number in range(ROUNDS):
        email = f"anna{number}@example.org"
        Address.objects.create(email=email, verified=timezone.now())
        topic = Topic(Subscription.Kind.ESSAY, essay, None)
        follow = partial(subscribing.subscribe, Subscriber(email, None, is_verified=True), [topic])
        assert run_concurrently(connected_installation, delete_expired_subscriptions.call, follow) == [None, None]
        assert Subscription.objects.active().get(address__email=email).essay == essay
