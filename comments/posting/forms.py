"""The forms for posting and editing a comment, and their fields."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.profiles.forms import MaxBytesValidator
from accounts.profiles.text import tidy_text
from comments.models import Comment

TEXT_BYTES = 65_525
KEY = re.compile(r"[0-9a-f]{32}")


class TextField(forms.CharField):
    """A text, without invisible characters."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return tidy_text(text).strip() if len(text) <= 4 * TEXT_BYTES else text


class NumberField(forms.CharField):
    """The key of the parent comment, or nothing; whether it accepts replies is checked under the thread's lock."""

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < 2**63):
            raise forms.ValidationError(
                _("The comment you’re replying to doesn’t exist. Post again to comment on the essay instead."),
                code="invalid",
            )
        return int(text)

    def run_validators(self, value: Any) -> None:
        """Skip the validators for characters: the value is a number."""


class KeyField(forms.CharField):
    """JavaScript's random key of one submission, which only the browser that made it knows."""

    def to_python(self, value: Any) -> str:
        return value if isinstance(value, str) and KEY.fullmatch(value) else ""

    def run_validators(self, value: Any) -> None:
        """Accept anything: without JavaScript there is no key, and no one can correct a hidden field."""


class CommentForm(forms.Form):
    text = TextField(
        label=_("Comment"),
        strip=True,
        validators=[MaxBytesValidator(TEXT_BYTES)],
        error_messages={"required": _("Your comment is empty. Please write something first.")},
    )
    parent = NumberField(required=False, widget=forms.HiddenInput)
    key = KeyField(required=False, widget=forms.HiddenInput)


class SeenField(forms.CharField):
    """The key of a wording. An invalid one counts as outdated, which the edit page explains."""

    def run_validators(self, value: Any) -> None:
        """Accept anything: no one can correct a hidden field."""


class EditForm(forms.Form):
    """The new text, and the wording that its author started from."""

    text = TextField(
        label=_("Comment"),
        strip=True,
        validators=[MaxBytesValidator(TEXT_BYTES)],
        error_messages={
            "required": _("Your comment is empty. Write something, or delete the comment instead."),
        },
    )
    seen = SeenField(required=False, widget=forms.HiddenInput)

    @classmethod
    def initial_for(cls, comment: Comment) -> dict[str, Any]:
        """Return the form's initial values."""
        return {"text": comment.wording.text if comment.wording else "", "seen": comment.wording_id or ""}
