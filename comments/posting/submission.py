"""The submitted reply form: text, commenter, sender and chosen notifications."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser

from accounts import visit
from accounts.middleware import Request
from accounts.models import Commenter, User
from accounts.profiles.forms import DetailsForm
from comments.models import Discussion, Rules
from comments.models.lookup import get_essay_or_404
from comments.notifications import known_addresses
from comments.notifications.forms import NotifyForm
from comments.notifications.subscribing import SubscriptionRequest
from comments.posting import identity_views
from comments.posting.forms import CommentForm
from comments.screening.screening import Sender

GUEST = "guest"
SECONDS = re.compile(r"[0-9]{1,9}\.[0-9]")


@dataclass
class Submission:
    request: Request
    essay: Any  # as get_essay_or_404() finds it
    discussion: Discussion
    form: CommentForm
    details: DetailsForm | None  # a guest's; None: the commenter is logged in
    notify: NotifyForm

    @classmethod
    def from_request(cls, request: Request, **address: Any) -> "Submission":
        """Read a submission from a request; 404 if the address has no essay."""
        user = AnonymousUser() if request.POST.get("as") == GUEST else request.user
        essay = get_essay_or_404(user, **address)
        discussion = Discussion.objects.for_essay(essay)
        rules = discussion.rules
        form = CommentForm(request.POST)
        details = None if user.is_authenticated else identity_views.details_form(request, rules, request.POST)
        notify = NotifyForm(request.POST if rules.readers_may_follow else {})
        return cls(request, essay, discussion, form, details, notify)

    @property
    def rules(self) -> Rules:
        return self.discussion.rules

    @property
    def is_same_identity(self) -> bool:
        """Return whether the commenter is still the one that the page named beside the form."""
        shown = self.request.POST.get("as", "")
        if shown in {"", GUEST}:
            return True
        return self.details is None and shown == str(cast(Commenter, self.request.commenter).pk)

    def is_valid(self) -> bool:
        """Validate all forms, so that every field shows its errors."""
        return all([self.form.is_valid(), self.details is None or self.details.is_valid(), self.notify.is_valid()])

    @property
    def email(self) -> str:
        return self.details.cleaned_data["email"] if self.details else cast(User, self.request.user).email

    @cached_property
    def subscription_request(self) -> SubscriptionRequest | None:
        is_verified = (self.details is None and self.essay.has_user_verified_email) or known_addresses.is_remembered(
            self.request, self.email
        )
        return self.notify.subscription_request(self.email, is_verified=is_verified)

    @property
    def needs_confirmation(self) -> bool:
        """Return whether a confirmation email is sent before any notification."""
        return self.subscription_request is not None and not self.subscription_request.is_verified

    def commenter(self) -> Commenter:
        if self.details is None:
            return cast(Commenter, self.request.commenter)
        name, email = (self.details.cleaned_data[field] for field in ("name", "email"))
        return self.details.build_commenter(visit.find_guest(self.request, name=name, email=email))

    @property
    def sender(self) -> Sender:
        """Return where the submission came from, whether the honeypot was filled in, and the seconds it took."""
        request = self.request
        seconds = request.POST.get("seconds", "")
        return Sender(
            request.META["REMOTE_ADDR"],
            request.is_origin_verified,
            is_honeypot_filled=bool(request.POST.get("subject", "").strip()),
            seconds=float(seconds) if SECONDS.fullmatch(seconds) else None,
        )
