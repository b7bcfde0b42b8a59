"""The reply form, what was submitted with it, and the form for editing a comment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from accounts import cookies
from accounts.middleware import Request
from accounts.models import Commenter, User
from accounts.profiles.forms import DetailsForm, MaxBytesValidator
from accounts.profiles.names import tidy_text
from comments.models import Comment, Discussion, Rules, Subscription
from comments.notifications import known_addresses
from comments.notifications.subscribing import SubscriptionRequest
from comments.passages import quotations
from comments.passages.quotations import MAX_WORDS, Quotation
from comments.screening.screening import Sender

Kind = Subscription.Kind
TEXT_BYTES = 65_525
GUEST = "guest"
SECONDS = re.compile(r"[0-9]{1,9}\.[0-9]")
NO_DRAFT: Mapping[str, Any] = MappingProxyType({})
KEY = re.compile(r"[0-9a-f]{32}")


class TextField(forms.CharField):
    """A text, without invisible characters."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Tidy the text; one that is far too long stays as it is and is rejected."""
        text = super().to_python(value) or ""
        return tidy_text(text).strip() if len(text) <= 4 * TEXT_BYTES else text


class HiddenField(forms.CharField):
    """An optional hidden field, not validated, because no one could correct it."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def run_validators(self, value: Any) -> None:
        """Accept anything."""


class NumberField(HiddenField):
    """The key of the parent comment, or nothing; whether it accepts replies is checked under the thread's lock."""

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        """Parse the key; None if the field is empty."""
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < 2**63):
            raise forms.ValidationError(
                _("The comment you’re replying to doesn’t exist. Post again to comment on the essay instead."),
                code="invalid",
            )
        return int(text)


class KeyField(HiddenField):
    """JavaScript's random key of one submission, which only the browser that made it knows."""

    def to_python(self, value: Any) -> str:
        """Return the key, or an empty string if it does not look like one."""
        return value if isinstance(value, str) and KEY.fullmatch(value) else ""


class PassageField(HiddenField):
    """The passage of the essay that the comment is on, or nothing; what it says is checked against the essay later."""

    def to_python(self, value: Any) -> Quotation | None:  # type: ignore[override]
        """Parse the field. A value that no page of ours sends counts as a passage that the essay does not have."""
        text = super().to_python(value) or ""
        if len(text) > quotations.MAX_SENT or ((found := quotations.parse(text)) and len(found.words) > MAX_WORDS):
            raise forms.ValidationError(_("The passage is too long. Select fewer words."), code="invalid")
        return (found or Quotation(0, 0)) if text else None


class CommentForm(forms.Form):
    text = TextField(
        label=_("Comment"),
        validators=[MaxBytesValidator(TEXT_BYTES)],
        error_messages={"required": _("Your comment is empty. Please write something first.")},
    )
    parent = NumberField()
    on = PassageField()
    key = KeyField()


class NotifyForm(forms.Form):
    """The notification fields of the reply form. Nothing is selected by default."""

    notify_replies = forms.BooleanField(label=_("Notify me of new comments via email."), required=False)
    notify_about = forms.ChoiceField(
        label=_("Which comments"),
        choices=[
            (Kind.REPLIES.value, _("replies to me")),
            (Kind.THREAD.value, _("this thread")),
            (Kind.ESSAY.value, _("all comments on this essay")),
        ],
        required=False,
        error_messages={"invalid_choice": _("Choose which comments.")},
    )
    notify_essays = forms.BooleanField(label=_("Notify me of new posts via email."), required=False)

    @property
    def has_selection(self) -> bool:
        """Whether the commenter wants any notifications."""
        return bool(self.cleaned_data["notify_replies"] or self.cleaned_data["notify_essays"])

    def subscription_request(self, email: str, *, is_verified: bool) -> SubscriptionRequest:
        """Return what is selected, for this address."""
        about = Kind(self.cleaned_data["notify_about"] or Kind.REPLIES)
        comments = about.value if self.cleaned_data["notify_replies"] else ""
        essays = self.cleaned_data["notify_essays"]
        return SubscriptionRequest(email, is_verified, comments, essays)


def details_form(request: Any, rules: Rules, data: Any = None, initial: Mapping[str, Any] = NO_DRAFT) -> DetailsForm:
    """Build the guest's form from what was submitted, saved in a draft, or remembered in this browser."""
    guest = None if isinstance(request.user, User) else request.commenter or None
    if guest and not guest.name:  # a guest who only liked something did not ask to be remembered
        guest = None
    needs_email = rules.who_may_comment == Rules.Who.DETAILS
    return DetailsForm(data, guest=guest, needs_email=needs_email, initial=dict(initial))


@dataclass
class Submission:
    request: Request
    essay: Any  # as Discussion.objects.get_essay_or_404() finds it
    discussion: Discussion
    form: CommentForm
    details: DetailsForm | None  # a guest's; None: the commenter is logged in
    notify: NotifyForm

    @classmethod
    def from_request(cls, request: Request, **address: Any) -> "Submission":
        """Read a submission from a request; 404 if the address has no essay."""
        user = AnonymousUser() if request.POST.get("as") == GUEST else request.user
        quotation = quotations.parse(request.POST.get("on", ""))
        quoted = quotation.revision if quotation else 0
        essay = Discussion.objects.get_essay_or_404(user, quoted=quoted, **address)
        discussion = Discussion.objects.for_essay(essay)
        rules = discussion.rules
        form = CommentForm(request.POST)
        details = None if user.is_authenticated else details_form(request, rules, request.POST)
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
        """The commenter's email address, as entered or of their account; may be empty."""
        return self.details.cleaned_data["email"] if self.details else cast(User, self.request.user).email

    @cached_property
    def subscription_request(self) -> SubscriptionRequest | None:
        """The notifications that were chosen in the form, if any."""
        if not self.notify.has_selection:
            return None
        is_verified = self.details is None and self.essay.has_user_verified_email
        is_verified = is_verified or known_addresses.is_remembered(self.request, self.email)
        return self.notify.subscription_request(self.email, is_verified=is_verified)

    @property
    def needs_confirmation(self) -> bool:
        """Return whether a confirmation email is sent before any notification."""
        return self.subscription_request is not None and not self.subscription_request.is_verified

    def commenter(self) -> Commenter:
        """Return the logged-in person, or the guest, unsaved if new, with the name and address as entered."""
        if self.details is None:
            return cast(Commenter, self.request.commenter)
        name, email = (self.details.cleaned_data[field] for field in ("name", "email"))
        return self.details.build_commenter(cookies.find_guest_of_visit(self.request, name=name, email=email))

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


class EditForm(forms.Form):
    """The new text, and the wording that its author started from."""

    text = TextField(
        label=_("Comment"),
        validators=[MaxBytesValidator(TEXT_BYTES)],
        error_messages={"required": _("Your comment is empty. Write something, or delete the comment instead.")},
    )
    seen = HiddenField()  # the key of a wording; an invalid one counts as outdated, which the edit page explains

    @classmethod
    def initial_for(cls, comment: Comment) -> dict[str, Any]:
        """Return the comment's text and the key of its wording, to fill the form with."""
        return {"text": comment.wording.text if comment.wording else "", "seen": comment.wording_id or ""}
