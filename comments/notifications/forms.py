"""Forms for subscribing to notifications on a page of their own."""

from typing import Any

from django import forms
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import MAX_EMAIL_LENGTH
from accounts.profiles.forms import EmailField
from blog.models import Essay
from comments.models import Comment, Subscription
from comments.notifications.subscribing import Topic

Kind = Subscription.Kind


class AddressForm(forms.Form):
    email = EmailField(
        label=_("Email"), max_bytes=MAX_EMAIL_LENGTH, error_messages={"required": _("Enter your email address.")}
    )


class SubscribeForm(AddressForm):
    """Subscribes to an essay's discussion, one of its threads, or new essays, without commenting."""

    what = forms.MultipleChoiceField(
        label=_("Notify me about"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one."), "invalid_choice": _("Choose an option from the list.")},
    )
    often = forms.ChoiceField(
        label=_("How often"),
        choices=Subscription.Often.choices,
        widget=forms.RadioSelect,
        initial=Subscription.Often.AT_ONCE,
        error_messages={"required": _("Choose how often."), "invalid_choice": _("Choose an option from the list.")},
    )

    def __init__(self, *args: Any, essay: Essay | None, thread: Comment | None, **options: Any) -> None:
        self.essay, self.thread = essay, thread
        preset = Kind.THREAD if thread else Kind.ESSAY if essay else Kind.ESSAYS
        options["initial"] = {"what": [preset.value]} | options.get("initial", {})
        super().__init__(*args, **options)
        choices: list[tuple[str, Any]] = []
        if thread:
            label = _("the thread started by %(name)s") % {"name": thread.commenter.name}
            choices.append((Kind.THREAD.value, label))
        if essay:
            label = conditional_escape(_("all comments on “%(essay)s”"))
            choices.append((Kind.ESSAY.value, SafeString(label % {"essay": essay.title_html})))
        choices.append((Kind.ESSAYS.value, _("new essays")))
        self.fields["what"].choices = choices  # type: ignore[attr-defined]
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def topics(self) -> list[Topic]:
        """Return what the reader chose to subscribe to."""
        about = {
            Kind.THREAD: Topic(Kind.THREAD, comment=self.thread),
            Kind.ESSAY: Topic(Kind.ESSAY, essay=self.essay),
            Kind.ESSAYS: Topic(Kind.ESSAYS),
        }
        return [about[Kind(kind)] for kind in self.cleaned_data["what"]]
