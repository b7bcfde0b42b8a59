"""The form with which an author answers, corrects after, and picks a comment."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from blog.models import Essay, Revision
from comments.answers.actions import Choice
from comments.models import AuthorAnswer, Comment

Label = AuthorAnswer.Label


class AnswerForm(forms.Form):
    """One of three labels or none, the version of a correction, and the picks if the owner allows them."""

    label = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    version = forms.ChoiceField(required=False)
    is_picked = forms.BooleanField(required=False)
    is_strongest = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, comment: Comment, stored: AuthorAnswer | None, has_picks: bool) -> None:
        self.comment, self.stored, self.has_picks = comment, stored, has_picks
        self.revisions = {revision.pk: revision for revision in versions_of(comment.essay)}
        known = stored or AuthorAnswer()
        initial = {
            "label": known.label,
            "version": self.known_version(known),
            "is_picked": known.is_picked,
            "is_strongest": known.is_strongest,
        }
        super().__init__(data, initial=initial)
        labels: Any = self.fields["label"]
        labels.choices = [("", _("No answer")), *Label.choices]
        field: Any = self.fields["version"]
        field.choices = [("", _("In the next version")), *((str(pk), name(row)) for pk, row in self.revisions.items())]
        if not has_picks:
            del self.fields["is_picked"], self.fields["is_strongest"]

    def known_version(self, known: AuthorAnswer) -> str:
        """The stored version's choice; for a new answer the version that readers see now, if newer than the comment."""
        if self.stored and known.label == Label.CORRECTED:
            return str(known.revision_id or "")
        newest = next(iter(self.revisions.values()), None)
        is_newer = newest and (newest.public_from or timezone.now()) > self.comment.created
        return str(newest.pk) if newest and is_newer else ""

    @property
    def choice(self) -> Choice:
        """What the valid form chooses. Picks are kept while the owner does not allow them."""
        values, known = self.cleaned_data, self.stored or AuthorAnswer()
        version = values["version"]
        return Choice(
            label=values["label"],
            revision=self.revisions[int(version)] if version else None,
            is_picked=values.get("is_picked", known.is_picked),
            is_strongest=values.get("is_strongest", known.is_strongest),
        )


def versions_of(essay: Essay) -> list[Revision]:
    """The first revision of each version of an essay after the first, newest first, without the texts."""
    found: dict[int, Revision] = {}
    rows = Revision.objects.public(essay).filter(version__gt=1).only("pk", "version", "public_from")
    for row in rows:
        found[row.version or 0] = row
    return sorted(found.values(), key=lambda row: -row.pk)


def name(revision: Revision) -> str:
    """Name a version by its number and the day on which readers could first see it."""
    shown = revision.public_from or timezone.now()
    day = date_format(timezone.localtime(shown), "DATE_FORMAT")
    return _("In version %(version)d, %(date)s") % {"version": revision.version, "date": day}
