"""The form of the publishing step: when, with or without emails, and what lists and links show."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog import actions
from blog.metadata import LARGE_ENOUGH
from blog.models import RESERVED_SLUGS, Essay, Image, Text
from blog.slugs import SlugField, tidy_slug

NOW, AT = "now", "at"
KEEP, SHOW, HIDE = "keep", "show", "hide"
MAX_DESCRIPTION = 2000


def initial_choices(essay: Essay, text: Text) -> dict[str, Any]:
    """Return the values with which the step opens; emails are on only for an essay that was never announced."""
    at = timezone.localtime(essay.published or next_hour())
    is_announced = essay.announcements.filter(sent__isnull=False).exists()
    is_pending = essay.announcements.pending().filter(essay=essay).exists()
    return {
        "when": AT if essay.published and not essay.is_published else NOW,
        "date": at.date(),
        "time": at.time().replace(second=0, microsecond=0),
        "emails": is_pending if essay.published else not is_announced,
        "title": text.title,
        "excerpt": text.excerpt,
        "slug": text.slug or essay.slug,
        "cover": essay.cover_id,
        "update": KEEP,
    }


def next_hour() -> datetime:
    """Return the next full hour on the author's clock, which is offered to those who choose a time."""
    now = timezone.localtime()
    return now + timedelta(hours=1) - timedelta(minutes=now.minute, seconds=now.second, microseconds=now.microsecond)


class PublishingForm(forms.Form):
    when = forms.ChoiceField(choices=[(NOW, NOW), (AT, AT)])
    date = forms.DateField(label=_("Date"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    time = forms.TimeField(label=_("Time"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    emails = forms.BooleanField(required=False)
    title = forms.CharField(label=_("Title"), max_length=300, required=False)
    excerpt = forms.CharField(
        label=_("Description"), max_length=MAX_DESCRIPTION, required=False, widget=forms.Textarea({"rows": 3})
    )
    slug = SlugField(
        label=_("Address"),
        max_length=200,
        required=False,
        allow_unicode=True,
        widget=forms.TextInput({"placeholder": _("Made from the title")}),
    )
    cover = forms.ModelChoiceField(
        Image.objects.all(),
        required=False,
        error_messages={"invalid_choice": _("This picture doesn’t exist. Choose another one.")},
    )
    note = forms.CharField(label=_("What changed"), max_length=300, required=False)
    update = forms.ChoiceField(choices=[(KEEP, KEEP), (SHOW, SHOW), (HIDE, HIDE)], required=False)

    def __init__(self, essay: Essay, text: Text, data: Any = None) -> None:
        super().__init__(data, initial=initial_choices(essay, text), auto_id="publish_%s")
        self.essay, self.text = essay, text
        for name, field in self.fields.items():
            if data is not None and name in self.errors:
                field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"publish_{name}_error"}

    @property
    def made_slug(self) -> str:
        """Return the slug that was made from the title, "" if someone typed it or readers may know it."""
        return "" if self.text.slug else str(self.essay.slug)

    def clean_cover(self) -> Image | None:
        """Reject a newly chosen picture that is too small for preview cards."""
        chosen: Image | None = self.cleaned_data["cover"]
        width, height = LARGE_ENOUGH
        if chosen and chosen.pk != self.essay.cover_id and (chosen.width < width or chosen.height < height):
            message = _("Choose a picture that is at least %(width)s pixels wide and %(height)s pixels high.")
            raise ValidationError(message, params={"width": width, "height": height})
        return chosen

    def clean_slug(self) -> str:
        """Return a free slug: the typed one, or one made from the title, again if the step changes the title."""
        slug, title = tidy_slug(self.cleaned_data["slug"]), self.data.get("title", "")
        if not slug or (slug == self.made_slug and title.strip() != self.text.title):
            return actions.free_slug(self.essay, title)
        if self.essay.kind == Essay.Kind.PAGE and (slug in RESERVED_SLUGS or slug.isdigit()):
            raise ValidationError(_("This slug is reserved. Choose another one."))
        if Essay.objects.filter(kind=self.essay.kind, slug=slug).exclude(pk=self.essay.pk).exists():
            raise ValidationError(_("Another essay has this address. Choose another one."))
        return slug

    def clean(self) -> dict[str, Any]:
        """Turn date and time into the time of publication: None for now, and for a live essay whose date stays."""
        data = super().clean() or self.cleaned_data
        data["published"] = None
        if data.get("when") == AT and not {"date", "time"} & self.errors.keys():
            data["published"] = self.clean_published(data)
        return data

    def clean_published(self, data: dict[str, Any]) -> datetime | None:
        """Return the chosen time, or None with an error beside the date; one that is not changed stays exactly."""
        if self.essay.published and not {"date", "time"} & {*self.changed_data}:
            return self.essay.published
        if data.get("date") is None or data.get("time") is None:
            self.add_error("date", ValidationError(_("Choose a date and a time.")))
            return None
        try:
            published: datetime = from_current_timezone(datetime.combine(data["date"], data["time"]))
        except ValidationError:  # an hour that the clocks skip or repeat
            message = _("The clocks change at this time on that day. Choose another one.")
            self.add_error("date", ValidationError(message))
            return None
        if self.essay.is_published and published > timezone.now():
            message = _("This essay is already published. Choose a date in the past, or unpublish it first.")
            self.add_error("date", ValidationError(message))
        return published

    @property
    def field_errors(self) -> list[tuple[str, str, list[str]]]:
        """Return each invalid field's id, label and errors."""
        return [
            (f"publish_{name}", str(self.fields[name].label or ""), [str(error) for error in errors])
            for name, errors in self.errors.items()
            if name in self.fields
        ]
