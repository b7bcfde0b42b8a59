"""Editable admin lists: labels for screen readers, which name the column and row of each field."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _


class LabeledRowForm(forms.ModelForm[Any]):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            names = {"field": capfirst(str(field.label)), "row": self.instance}
            field.widget.attrs["aria-label"] = _("%(field)s: %(row)s") % names
