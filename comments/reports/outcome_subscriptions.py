"""Email subscriptions to the outcome of a report or appeal: a checkbox for verified users, an address for others."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.login import email_verification
from accounts.middleware import Request
from accounts.models import MAX_EMAIL_LENGTH, User
from accounts.profiles.forms import EmailField
from comments.models import Comment, Subscription
from comments.notifications import subscribing
from comments.notifications import views as subscription_views
from comments.notifications.subscribing import Subscriber, Topic


class OutcomeForm(forms.Form):
    """Asks whether to email the outcome. `known`: the user's verified address, for which a checkbox is enough."""

    tell = forms.BooleanField(label=_("Email me about the outcome"), required=False)
    email = EmailField(label=_("Email"), max_bytes=MAX_EMAIL_LENGTH, required=False)

    def __init__(self, *args: Any, known: str = "", may_be_mailed: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = known
        if known or not may_be_mailed:
            del self.fields["email"]
        if not known or not may_be_mailed:
            del self.fields["tell"]

    @property
    def address(self) -> str:
        """Return the address to email; empty if no email is wanted."""
        found: str = (self.known if self.cleaned_data.get("tell") else "") or self.cleaned_data.get("email", "")
        return found


def known_address(request: Request) -> str:
    """Return the user's verified email address; empty if there is none."""
    user = request.user
    return user.email.lower() if isinstance(user, User) and email_verification.is_verified(user, user.email) else ""


def acquire_attempt(request: Request, subscriber: Subscriber) -> float:
    """Limit requests for unverified addresses; return the seconds to wait."""
    return 0.0 if subscriber.is_verified or not subscriber.email else subscription_views.acquire_attempt(request)


def subscribe(subscriber: Subscriber, kind: Subscription.Kind, comment: Comment) -> None:
    """Subscribe now if verified, else in a job, so that the response time reveals nothing about the address."""
    topics = [Topic(kind, comment=comment)]
    if subscriber.is_verified:
        subscribing.subscribe(subscriber, topics)
    elif subscriber.email:
        subscribing.subscribe_later(subscriber, topics, often="")
