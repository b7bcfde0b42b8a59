"""A person's page, and the same as a drawer inside the queue."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Block
from comments.screening import blocks
from moderation.decisions.in_words import first_words
from moderation.decisions.rights import Rights, for_moderators
from moderation.models import Note
from moderation.people import people
from moderation.people.blocks import in_words
from moderation.people.people import Person
from moderation.queue.filters import number

REMOVALS = {"trash": gettext_lazy("Trash"), "spam": gettext_lazy("Spam")}


class NoteForm(forms.Form):
    text = forms.CharField(max_length=2000, error_messages={"required": gettext_lazy("Please write a note first.")})


class TreatForm(forms.Form):
    kind = forms.ChoiceField(choices=Block.Kind.choices)
    who = forms.ChoiceField()
    network = forms.CharField(max_length=60, required=False)
    until = forms.DateField(
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a valid date, or leave it empty for a permanent exception.")},
    )
    sentence = forms.CharField(max_length=300, required=False)
    why = forms.CharField(max_length=1000, required=False)

    def __init__(self, data: Any, person: Person) -> None:
        super().__init__(data)
        self.person = person
        self.fields["who"].choices = [(way.value, way.label) for way in person.ways]  # type: ignore[attr-defined]

    def clean_network(self) -> str:
        return blocks.clean_network(self.cleaned_data["network"])

    def clean_until(self) -> datetime | None:
        """Up to the end of that day's night: the day itself is the first that is free."""
        if (day := self.cleaned_data["until"]) is None:
            return None
        moment = timezone.make_aware(datetime.combine(day, time.min))
        if moment <= timezone.now():
            raise forms.ValidationError(_("Choose a future date, or leave it empty for a permanent exception."))
        return moment

    def whom(self) -> dict[str, Any]:
        if self.cleaned_data["network"]:
            return {"network": self.cleaned_data["network"]}
        kind, _space, value = self.cleaned_data["who"].partition(" ")
        return {kind: value} if value else {"commenter": self.person.commenter}


class RemoveForm(forms.Form):
    days = forms.IntegerField(
        min_value=1,
        max_value=36500,
        error_messages={
            name: gettext_lazy("Enter a whole number of days, 1 or more.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )
    verb = forms.ChoiceField(choices=list(REMOVALS.items()))
    why = forms.CharField(max_length=1000, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@for_moderators
def person(request: Request, rights: Rights, pk: int) -> HttpResponse:
    found = people.known(pk, rights)
    if found is None:
        raise Http404(_("This person does not exist."))
    if request.method == "POST":
        return post(request, found)
    return draw(request, found)


def post(request: Request, found: Person) -> HttpResponse:
    action = request.POST.get("action", "")
    if action not in DOES:
        raise BadRequest("There is no such action.")
    if action in EVERYWHERE and not found.rights.is_everywhere:
        raise PermissionDenied(_("Only moderators of the whole site can do this."))
    return DOES[action](request, found)


def note(request: Request, found: Person) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return draw(request, found, 422, note_form=form)
    Note.objects.create(commenter=found.commenter, moderator=found.rights.user, text=form.cleaned_data["text"])
    return back(request, found, _("Note added."))


def treat(request: Request, found: Person) -> HttpResponse:
    form = TreatForm(request.POST, found)
    if not form.is_valid():
        return draw(request, found, 422, treat_form=form)
    said = {name: form.cleaned_data[name] for name in ("until", "sentence", "why")}
    made = blocks.put(form.cleaned_data["kind"], by=found.rights.user, **form.whom(), **said)
    return back(request, found, capfirst(in_words(made)))


def lift(request: Request, found: Person) -> HttpResponse:
    asked = number(request.POST, "block")
    if asked not in {block.pk for block in found.blocks}:
        raise Http404(_("This exception has already been removed."))
    Block.objects.filter(pk=asked).delete()
    return back(request, found, _("Exception removed."))


def remove(request: Request, found: Person) -> HttpResponse:
    form = RemoveForm(request.POST)
    if not form.is_valid():
        return draw(request, found, 422, remove_form=form)
    batch = people.remove(found, **form.cleaned_data)
    if batch is None:
        return back(request, found, _("They have no comments to remove from those days."))
    return redirect("queue-batch", batch.pk)


DOES = {"note": note, "treat": treat, "lift": lift, "remove": remove}
EVERYWHERE = {"note", "treat", "lift"}


def back(request: Request, found: Person, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(f"{request.path}{'?form=person' if is_drawer(request) else ''}")


def is_drawer(request: Request) -> bool:
    return request.GET.get("form") == "person"


def draw(request: Request, found: Person, status: int = 200, **forms: Any) -> HttpResponse:
    shown, pages = found.page(max(1, number(request.GET, "page")))
    at = min(max(1, number(request.GET, "page")), pages)
    context = {
        "person": found,
        "commenter": found.commenter,
        "is_everywhere": found.rights.is_everywhere,
        "comments": [(comment, first_words(comment.wording.html, 90) if comment.wording else "") for comment in shown],
        "page": at,
        "pages": pages,
        "decisions": [
            (made, first_words(made.comment.wording.html) if made.comment and made.comment.wording else "")
            for made in found.decisions
        ],
        "blocks": [(block, in_words(block)) for block in found.blocks],
        "kinds": Block.Kind.choices,
        "removals": REMOVALS.items(),
        "is_drawer": is_drawer(request),
        "here": request.path,
        **forms,
    }
    if is_drawer(request):
        return render(request, "moderation/_person.html", context, status=status)
    page = {
        **admin.site.each_context(request),
        "title": found.commenter.name or _("Unnamed person"),
        "is_nav_sidebar_enabled": False,
    }
    return render(request, "moderation/person.html", {**page, **context}, status=status)
