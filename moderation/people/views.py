"""A person's page, also shown as a drawer inside the queue."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
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
from moderation.admin_pages import render_admin_page
from moderation.decisions.in_words import make_excerpt
from moderation.decisions.rights import Rights, moderator_required
from moderation.models import Note
from moderation.people import people
from moderation.people.blocks import describe_block
from moderation.people.people import Person
from moderation.queue.filters import parse_number

REMOVALS = {"trash": gettext_lazy("Trash"), "spam": gettext_lazy("Spam")}


class NoteForm(forms.Form):
    text = forms.CharField(max_length=2000, error_messages={"required": gettext_lazy("Please write a note first.")})


class BlockForm(forms.Form):
    kind = forms.ChoiceField(choices=Block.Kind.choices)
    who = forms.ChoiceField()
    network = forms.CharField(max_length=60, required=False)
    until = forms.DateField(
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a valid date, or leave it empty for no end date.")},
    )
    sentence = forms.CharField(max_length=300, required=False)
    why = forms.CharField(max_length=1000, required=False)

    def __init__(self, data: Any, person: Person) -> None:
        super().__init__(data)
        self.person = person
        self.fields["who"].choices = person.block_targets  # type: ignore[attr-defined]

    def clean_network(self) -> str:
        return blocks.clean_network(self.cleaned_data["network"])

    def clean_until(self) -> datetime | None:
        """Return the start of the given day, when the exception ends; None for no end."""
        if (day := self.cleaned_data["until"]) is None:
            return None
        moment = timezone.make_aware(datetime.combine(day, time.min))
        if moment <= timezone.now():
            raise forms.ValidationError(_("Choose a future date, or leave it empty for no end date."))
        return moment

    def whom(self) -> dict[str, Any]:
        """Return the person, email address or network to block, as arguments of save_block()."""
        if self.cleaned_data["network"]:
            return {"network": self.cleaned_data["network"]}
        kind, _space, value = self.cleaned_data["who"].partition(" ")
        return {kind: value} if value else {"commenter": self.person.commenter}


class RemoveForm(forms.Form):
    days = forms.IntegerField(
        min_value=1,
        max_value=36500,
        error_messages={
            name: gettext_lazy("Enter a whole number of days from 1 to 36,500.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )
    verb = forms.ChoiceField(choices=list(REMOVALS.items()))
    why = forms.CharField(max_length=1000, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@moderator_required
def person_page(request: Request, rights: Rights, pk: int) -> HttpResponse:
    """Show the page of a person whom the moderator may see, or carry out the posted action on them."""
    found = people.find_person(pk, rights)
    if found is None:
        raise Http404(_("This person does not exist."))
    return handle_action(request, found) if request.method == "POST" else render_page(request, found)


def handle_action(request: Request, person: Person) -> HttpResponse:
    """Carry out the posted action, one of ACTIONS; some need rights for the whole site."""
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        raise BadRequest("There is no such action.")
    if action in SITE_ACTIONS and not person.rights.is_site_wide:
        raise PermissionDenied(_("Only moderators of the whole site can do this."))
    return ACTIONS[action](request, person)


def add_note(request: Request, person: Person) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return render_page(request, person, 422, note_form=form)
    Note.objects.create(commenter=person.commenter, moderator=person.rights.user, text=form.cleaned_data["text"])
    return redirect_back(request, _("Note added."))


def save_block(request: Request, person: Person) -> HttpResponse:
    """Trust, hold or block the person, one of their email addresses or a network, as the form says."""
    form = BlockForm(request.POST, person)
    if not form.is_valid():
        return render_page(request, person, 422, block_form=form)
    fields = form.cleaned_data
    options = {"until": fields["until"], "sentence": fields["sentence"], "note": fields["why"]}
    made = blocks.save_block(fields["kind"], by=person.rights.user, **form.whom(), **options)
    return redirect_back(request, capfirst(describe_block(made)))


def remove_block(request: Request, person: Person) -> HttpResponse:
    """Remove an exception, so that the person is no longer trusted, held or blocked by it."""
    key = parse_number(request.POST, "block")
    if key not in {block.pk for block in person.blocks}:
        raise Http404(_("This exception has already been removed."))
    Block.objects.filter(pk=key).delete()
    return redirect_back(request, _("Exception removed."))


def remove_comments(request: Request, person: Person) -> HttpResponse:
    """Remove the person's comments of the last days, and show the page of the batch that does it."""
    form = RemoveForm(request.POST)
    if not form.is_valid():
        return render_page(request, person, 422, remove_form=form)
    batch = people.remove_comments(person, **form.cleaned_data)
    if batch is None:
        return redirect_back(request, _("This person has no comments to remove from those days."))
    return redirect("queue-batch", batch.pk)


ACTIONS = {"note": add_note, "treat": save_block, "lift": remove_block, "remove": remove_comments}
SITE_ACTIONS = {"note", "treat", "lift"}


def redirect_back(request: Request, message: str) -> HttpResponse:
    """Redirect to the same page or drawer, with a message."""
    messages.success(request, message)
    return redirect(f"{request.path}{'?form=person' if is_drawer(request) else ''}")


def is_drawer(request: Request) -> bool:
    """Return whether the page was requested as a drawer inside the queue."""
    return request.GET.get("form") == "person"


def render_page(request: Request, person: Person, status: int = 200, **forms: Any) -> HttpResponse:
    """Render the person's page or drawer; `forms` are those with errors, as `note_form` and so on."""
    page_number = max(1, parse_number(request.GET, "page"))
    shown, pages = person.page(page_number)
    context = {
        "person": person,
        "commenter": person.commenter,
        "is_site_wide": person.rights.is_site_wide,
        "comments": [(comment, make_excerpt(comment.wording.html, 90) if comment.wording else "") for comment in shown],
        "page": min(page_number, pages),
        "pages": pages,
        "decisions": [
            (made, make_excerpt(made.comment.wording.html) if made.comment and made.comment.wording else "")
            for made in person.decisions
        ],
        "blocks": [(block, describe_block(block)) for block in person.blocks],
        "kinds": Block.Kind.choices,
        "removals": REMOVALS.items(),
        "is_drawer": is_drawer(request),
        "here": request.path,
        **forms,
    }
    if is_drawer(request):
        return render(request, "moderation/person_drawer.html", context, status=status)
    title = person.commenter.name or _("Unnamed person")
    return render_admin_page(request, "moderation/person.html", title, status, **context)
