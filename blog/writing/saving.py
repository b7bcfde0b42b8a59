"""Saving in the admin: forms edit the latest text, and none overwrites a newer one unseen."""

import json
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import pagecache
from accounts.models import User
from blog import indexing
from blog.models import Authorship, Draft, Essay, Revision, Text
from blog.writing import drafts, revisions
from blog.writing.edit_conflicts import find_conflict, render_conflict
from blog.writing.fieldsets import build_fieldsets
from blog.writing.form import initial_values, requested_action
from blog.writing.permissions import AdminMixin
from blog.writing.publishing.views import too_late_message, undone_message
from blog.writing.revisions import LatestText
from blog.writing.unsaved_settings import find_unsaved


class WritingMixin(AdminMixin):
    """Mixin for the admin of essays: drafts, revisions and conflicts."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the form or save it, but show an edit conflict instead of saving over a newer text."""
        if request.method == "POST" and object_id is None and (saved := saved_before(request)):
            return self.save_again(request, saved)
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            essay = self.get_object(request, object_id)
            if essay and self.has_change_permission(request, essay) and (newer := find_conflict(request, essay)):
                return render_conflict(request, essay, newer)
            return super().changeform_view(request, object_id, form_url, extra_context)

    @transaction.atomic
    def save_again(self, request: HttpRequest, essay: Essay) -> HttpResponse:
        """Save a form for a new essay that created it already, because it did not get the answer: text and settings."""
        revisions.lock_essay(essay)
        if not self.has_change_permission(request, essay) or find_conflict(request, essay):
            return redirect_to_form(request, essay)  # it offers the form's text, which autosave has stored
        form = self.get_form(request, essay, change=True)(request.POST, request.FILES, instance=essay)
        if form.is_valid():
            changed = self.save_form(request, form, change=True)
            self.save_model(request, changed, form, change=True)
            self.save_related(request, form, [], change=True)
        return redirect_to_form(request, essay)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Name the list."""
        return super().changelist_view(request, {"title": _("Essays"), **(extra_context or {})})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Essay | None:
        """Lock the essay before a form is saved."""
        found = super().get_object(request, object_id, from_field)
        if found and request.method == "POST":
            revisions.lock_essay(found)
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Essay | None = None) -> Any:
        return build_fieldsets(obj, may_pin=request.user.has_perm("blog.change_others"))

    def get_form(self, request: Any, obj: Essay | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Return a form that opens with the requested draft or the latest text."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.shown = get_initial(request, obj)  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Essay, form: Any, change: bool) -> None:
        """Save the text, or make the essay a draft again, as the submitted button says; the next page publishes it."""
        by, text = cast(User, request.user), form.text
        if obj.series and obj.series._state.adding:
            obj.series.save()
            obj.series = obj.series  # its key is known now
        action = requested_action(request.POST)
        may_withdraw = change and obj.may_publish(by)
        if action == "unpublish" and may_withdraw:
            form.revision = revisions.unpublish(obj, text, by=by)
            form.message = _("Reverted to draft. Readers can’t see it.")
        elif action == "undo" and may_withdraw and revisions.undo_publishing(obj, text, by=by):
            form.revision, form.message = None, undone_message()
        else:
            form.revision = revisions.save(obj, text, by=by, tab=sending_tab(request))
            form.message = saved_message(obj, form.revision)
        if action in {"unpublish", "undo"} and change and not may_withdraw:
            messages.warning(request, _("You don’t have permission to unpublish this essay. Your text is saved."))
        elif action == "undo" and obj.published:
            messages.warning(request, too_late_message())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the inlines and delete the draft; tags are part of the text and were saved with it."""
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)
        essay = form.instance
        if any(formset.model is Authorship and formset.has_changed() for formset in formsets):
            Essay.objects.filter(pk=essay.pk).update(changed=timezone.now())  # readers see the authors
        user = cast(User, request.user)
        if not change and not (essay.authorships.exists() and essay.may_change(user)):
            Authorship.objects.create(essay=essay, author=user)
        indexing.index(essay)
        drafts.delete_after_save(
            cast(User, request.user), essay, drafts.parse_form(request.POST), partial(find_unsaved, request, essay)
        )
        pagecache.invalidate(essay.cache_key, "site", "comments")
        if "_popup" not in request.POST:
            if requested_action(request.POST) != "publish":  # the publishing step says what happens next
                messages.success(request, form.message)
            if form.dropped_pictures:
                messages.warning(request, dropped_pictures_message(form.dropped_pictures))

    def response_add(self, request: HttpRequest, obj: Essay, post_url_continue: str | None = None) -> HttpResponse:
        """Redirect to the form of the new essay, unless it is a popup."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return redirect_to_form(request, obj)

    def response_change(self, request: HttpRequest, obj: Essay) -> HttpResponse:
        """Redirect to the same form, unless it is a popup, or to the list if the user is not an author any more."""
        if "_popup" in request.POST:
            return super().response_change(request, obj)
        if not obj.may_change(cast(User, request.user)):
            return redirect("admin:blog_essay_changelist")
        return redirect_to_form(request, obj)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **more: Any) -> HttpResponse:
        """Add the version and drafts to the page; answer 422 to an invalid form."""
        essay = more.get("obj")
        context |= form_context(request, essay)
        context["is_nav_sidebar_enabled"] = False
        context["may_write"] = self.has_change_permission(request, essay) if essay else self.has_add_permission(request)
        context["read_only"] = Text.from_essay(essay) if essay and not context["may_write"] else None
        response = super().render_change_form(request, context, *args, **more)
        if context["errors"]:
            response.status_code = 422
        return response


def get_opened_draft(request: HttpRequest, essay: Essay | None) -> Draft | None:
    """Return the draft with which the form is or was opened.

    It is the one that the request's field `draft` names, else the author's newest text, unless `?saved` asks for the
    saved one.
    """
    user = cast(User, request.user)
    if number := drafts.parse_number(request.POST.get("draft") or request.GET.get("draft") or ""):
        return drafts.by_author(user, essay).filter(pk=number).first()
    return (
        drafts.newest_typed(user, essay) if essay and request.method != "POST" and "saved" not in request.GET else None
    )


def sending_tab(request: HttpRequest) -> str:
    """Return the key of the browser tab whose form was submitted, "" for the page that shows a conflict."""
    return request.POST.get("tab", "")[:40] if "over" in request.POST else ""


def saved_before(request: HttpRequest) -> Essay | None:
    """Return the essay that the submitted form for a new one created already, if its author may change it."""
    user = cast(User, request.user)
    saved = Revision.objects.saved_from(sending_tab(request), user)
    return saved.essay if saved and saved.essay.may_change(user) else None


def get_unsaved_settings(request: HttpRequest, essay: Essay | None, draft: Draft | None) -> dict[str, Any]:
    """Return the settings of the opened draft, of a form that is shown again those of its own draft."""
    if tab := request.POST.get("tab"):
        draft = drafts.by_author(cast(User, request.user), essay).filter(tab=tab).first() or draft
    return draft.settings if draft else {}


def get_initial(request: HttpRequest, essay: Essay | None) -> dict[str, Any]:
    """Return the form's initial values: the requested draft, else the latest text."""
    if draft := get_opened_draft(request, essay):
        return initial_values(draft.text)
    if essay is None:
        return {}
    found = revisions.latest_text(essay)
    return initial_values(found.text)


def form_context(request: HttpRequest, essay: Essay | None) -> dict[str, Any]:
    """Return the form page's context about its text: the title, the version, the opened draft and newer drafts."""
    draft = get_opened_draft(request, essay)
    found = revisions.latest_text(essay) if essay else LatestText(Text(), None, "")
    base = request.GET.get("seen", draft.base)[:60] if draft else found.version
    tab = request.POST.get("tab", "")
    over = request.POST.get("over", draft.changed.isoformat() if draft else "")
    return {
        "title": str(essay) if essay else _("New essay"),
        "standing": found,
        "base": request.POST.get("base", base),
        "tab": tab,
        "taken_up": draft,
        "is_opened": bool(draft and essay),
        "over": over,
        "newer": drafts.other_drafts(cast(User, request.user), essay, tab=tab, over=over) if essay else [],
        "of_coauthors": drafts.of_coauthors(cast(User, request.user), essay) if essay else [],
        "undo_until": revisions.undo_until(essay) if essay else None,
        "announcement": essay.announcements.pending().first() if essay else None,
        "may_publish": essay is None or essay.may_publish(request.user),
        "is_ahead": bool(essay and essay.published and found.text.fingerprint != Text.from_essay(essay).fingerprint),
        "import_losses": essay.import_losses.splitlines() if essay else [],
        "unsaved_settings": json.dumps(settings) if (settings := get_unsaved_settings(request, essay, draft)) else "",
        "draft_address": reverse("essay-draft", args=[essay.pk if essay else "new"]),
    }


def saved_message(essay: Essay, revision: Revision | None) -> str:
    """Return what an author reads after saving; `revision` is None if the text has not changed."""
    if revision is None:
        return _("Saved. The text hasn’t changed.")
    if essay.published and not essay.is_published:
        return _("Saved. Publish the changes to include them in the scheduled version.")
    return _("Saved. Readers still see the published version.") if essay.published else _("Saved as a draft.")


def dropped_pictures_message(pictures: list[str]) -> str:
    words = ngettext(
        "This picture isn’t on this site and was left out: %(names)s. Save it on your computer, then add it here.",
        "These pictures aren’t on this site and were left out: %(names)s. Save them on your computer, then add them"
        " here.",
        len(pictures),
    )
    return words % {"names": ", ".join(pictures)}


def redirect_to_form(request: HttpRequest, essay: Essay) -> HttpResponse:
    """Redirect to the form, after “Publish” to the publishing step, which a script opens over the form.

    The fragment tells the form's script that the tab's text is saved, up to the number that it sent.
    """
    address = reverse("admin:blog_essay_change", args=[essay.pk])
    if requested_action(request.POST) == "publish":
        address = f"{address}?publish=1" if "_dialog" in request.POST else reverse("essay-publish", args=[essay.pk])
    tab, number = request.POST.get("tab", ""), drafts.parse_number(request.POST.get("number", ""), digits=9)
    if tab.isalnum():
        address += f"#saved-{tab}-{number}" if number else f"#saved-{tab}"
    return redirect(address)
