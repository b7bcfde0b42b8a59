"""Admin forms of rules and their conditions, with errors beside the values."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from comments.models import Condition, Rule
from comments.screening import patterns
from comments.screening.conditions import CONDITION_TYPES

DRY_RUN = "_try"  # the button that tests the rule without saving
REPORT_ACTIONS = {Rule.Action.HOLD, Rule.Action.SPAM}


class RuleForm(forms.ModelForm[Rule]):
    class Meta:
        widgets = {"sentence": forms.Textarea(attrs={"rows": 3, "cols": 60})}

    def is_valid(self) -> bool:
        """A rule that is only tested is never saved, even if valid."""
        return super().is_valid() and DRY_RUN not in self.data

    def clean(self) -> dict[str, Any]:
        """Require a message for a rule that rejects comments."""
        cleaned = super().clean() or {}
        if cleaned.get("action") == Rule.Action.REFUSE and not cleaned.get("sentence", "").strip():
            self.add_error("sentence", _("Enter the message that the commenter sees when a comment is rejected."))
        return cleaned


class ConditionForm(forms.ModelForm[Condition]):
    class Meta:
        widgets = {"value": forms.Textarea(attrs={"rows": 2, "cols": 36})}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():  # in a table, without visible labels
            field.widget.attrs["aria-label"] = capfirst(str(field.label))

    def clean(self) -> dict[str, Any]:
        """Parse the value as its kind of condition requires, and test how fast a pattern is."""
        cleaned = super().clean() or {}
        kind, value = cleaned.get("kind"), cleaned.get("value", "")
        try:
            if kind:
                CONDITION_TYPES[kind].parse(value)
            if kind == Condition.Kind.PATTERN:
                patterns.validate(value.strip())
        except ValidationError as error:
            self.add_error("value", error)
        return cleaned


class ConditionFormSet(forms.BaseInlineFormSet[Condition, Rule, ConditionForm]):
    def add_fields(self, form: Any, index: int | None) -> None:
        """Label the checkbox that deletes a condition for screen readers."""
        super().add_fields(form, index)
        if box := form.fields.get("DELETE"):
            box.widget.attrs["aria-label"] = box.label

    def clean(self) -> None:
        """Require at least one condition, and for reports an action that fits a published comment."""
        super().clean()
        if any(self.errors):
            return
        wanted = self.conditions()
        if not wanted:
            raise ValidationError(_("Add at least one condition. Without one, the rule would apply to every comment."))
        is_about_reports = any(each.kind == Condition.Kind.REPORTED and not each.is_not for each in wanted)
        if is_about_reports and self.instance.action not in REPORT_ACTIONS:
            raise ValidationError(_("A rule about reports can only hold a comment or mark it as spam."))

    def conditions(self) -> list[Condition]:
        """The conditions as entered in the form."""
        filled = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return [form.instance for form in filled if form.instance.kind]
