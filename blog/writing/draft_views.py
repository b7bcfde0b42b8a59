"""Admin pages about an essay's text: drafts, revisions, comparison, previews and preview links."""

from dataclasses import replace
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from blog import difference
from blog.models import Draft, Essay, PreviewLink, Revision, Text
from blog.writing import drafts, preview
from blog.writing import revisions as revising
from blog.writing.unsaved_settings import find_unsaved

REVISIONS_PER_PAGE = 50
MAX_DAYS = 90


def get_user_and_essay(request: HttpRequest, which: str) -> tuple[User, Essay | None]:
    """Return the user and the essay they may change, by its key; None for `new`. Raises PermissionDenied, Http404."""
    user = cast(User, request.user)
    if which == "new":
        if not user.has_perm("blog.add_essay"):
            raise PermissionDenied
        return user, None
    essay = get_object_or_404(Essay, pk=drafts.parse_number(which))
    if not (user.has_perm("blog.change_essay") and essay.may_change(user)):
        raise PermissionDenied
    return user, essay


def get_saved_essay(request: HttpRequest, which: str) -> tuple[User, Essay]:
    """Like `get_user_and_essay`, but raise Http404 for a new essay."""
    user, essay = get_user_and_essay(request, which)
    if essay is None:
        raise Http404
    return user, essay


def render_page(request: HttpRequest, name: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    """Render the template `admin/blog/essay/<name>.html` as a page of the admin with this title."""
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/blog/essay/{name}.html", context, status=status)


def redirect_to_form(essay: Essay | None) -> HttpResponse:
    """Redirect to an essay's form in the admin, for None to that of a new essay."""
    return redirect("admin:blog_essay_change", essay.pk) if essay else redirect("admin:blog_essay_add")


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, which: str) -> HttpResponse:
    """GET compares a draft with the stored text; POST stores one that an editor's tab sends, or deletes one."""
    user, essay = get_user_and_essay(request, which)
    if request.method == "POST":
        return discard_draft(request, user, essay) if "discard" in request.POST else store_draft(request, user, essay)
    found = find_draft(user, essay, request.GET, of_anyone=True)
    if found is None:
        messages.info(request, _("There are no unsaved changes."))
        return redirect_to_form(essay)
    latest, text = revising.latest_text(essay) if essay else None, found.text.cleaned()
    stored = latest.text if latest else Text()
    context: dict[str, Any] = {"essay": essay, "draft": found, "stored": stored, "text": text}
    context["is_own"] = found.author_id == user.pk
    context["is_behind"] = latest is not None and found.base != latest.version
    context["difference"] = difference.compare(stored, text)
    return render_page(request, "draft", _("Unsaved changes"), **context)


def find_draft(user: User, essay: Essay | None, data: Any, *, of_anyone: bool = False) -> Draft | None:
    """Return the draft that the field `draft` in the data names, or without the field the author's latest.

    `of_anyone` includes drafts of the essay's other authors.
    """
    found = drafts.by_author(user, essay)
    if of_anyone and essay and "draft" in data:
        found = Draft.objects.filter(essay=essay)
    if "draft" in data:
        found = found.filter(pk=drafts.parse_number(data["draft"]))
    return found.first()


def store_draft(request: HttpRequest, user: User, essay: Essay | None) -> HttpResponse:
    """Store the draft that an editor's tab sent; return its state as JSON, if requested with newer drafts as HTML."""
    form = drafts.parse_form(request.POST)
    if essay is None and (saved := Revision.objects.saved_from(form.tab, user)) and saved.essay.may_change(user):
        essay = saved.essay  # the form was saved, but its page did not get the answer
    if essay and revising.is_saved_from(essay, form.tab, user):
        form = replace(form, base=revising.latest_text(essay).version)
    with transaction.atomic():
        if essay and (essay := revising.lock_essay(essay)):  # its form may be saved at this moment
            form = replace(form, settings=find_unsaved(request, essay, form.settings))
        if essay and drafts.is_saved(user, essay, form):
            state, row = "same", None
        else:
            state, row = drafts.store(user, essay, form)
    answer: dict[str, Any] = {"state": state, "time": formats.time_format(timezone.localtime())}
    if row:
        answer["changed"] = row.changed.isoformat()
        if essay is None:
            answer["draft"] = row.pk
    if "offer" in request.POST:
        answer["offer"] = render_newer_drafts(request, user, essay)
        answer["opens"] = essay is not None and row is not None and drafts.newest_typed(user, essay) == row
    if essay and state == "kept" and form.base != revising.latest_text(essay).version:
        answer["behind"] = _(
            "Someone has saved this essay since you opened it. When you save, you’ll see both versions."
        )
    return JsonResponse(answer)


def render_newer_drafts(request: HttpRequest, user: User, essay: Essay | None) -> str:
    """Return the author's drafts as a list in HTML, without that of the browser tab that requests it."""
    over = request.POST.get("taken", "")
    newer = drafts.other_drafts(user, essay, tab=request.POST["offer"], over=over)
    context = {"newer": newer, "draft_address": request.path, "is_opened": bool(essay and over)}
    return render_to_string("admin/blog/essay/_newer.html", context, request)


def discard_draft(request: HttpRequest, user: User, essay: Essay | None) -> HttpResponse:
    """Delete a draft if it has not changed since it was shown, and redirect to the form or the list of essays."""
    found = find_draft(user, essay, request.POST)
    place = redirect_to_form(essay) if essay else redirect("admin:blog_essay_changelist")
    if found and found.changed.isoformat() == request.POST.get("changed"):
        found.delete()
        messages.success(request, _("Unsaved changes discarded."))
        if found.tab.isalnum():
            place.headers["Location"] += f"#saved-{found.tab}-{found.save_count}"
        return place
    messages.warning(request, _("The unsaved changes were updated in another tab. Please review them again."))
    return place


@require_safe
def logged_in(request: HttpRequest) -> HttpResponse:
    """Confirm a login in another tab; the form is still open in the first."""
    return render_page(request, "logged_in", _("You’re logged in again"))


@require_safe
def revisions(request: HttpRequest, which: str) -> HttpResponse:
    """List an essay's revisions, newest first."""
    _user, essay = get_saved_essay(request, which)
    rows = Paginator(essay.revisions.for_list(), REVISIONS_PER_PAGE).get_page(request.GET.get("page"))
    found, shown = revising.latest_text(essay), Text.from_essay(essay).fingerprint
    return render_page(request, "revisions", _("Revisions"), essay=essay, rows=rows, standing=found, shown=shown)


@require_safe
def compare(request: HttpRequest, which: str) -> HttpResponse:
    """Compare the revisions `?old=…&new=…`, in either order; without `old` the one before `new`."""
    _user, essay = get_saved_essay(request, which)
    new = get_revision(essay, request.GET.get("new"))
    before = essay.revisions.filter(pk__lt=new.pk).newest()
    old = get_revision(essay, request.GET.get("old")) if request.GET.get("old") else before
    text = Text.from_essay(essay) if "shown" in request.GET else None
    if old and old.pk > new.pk:
        old, new = new, old
    newest = essay.revisions.newest()
    return render_page(
        request,
        "difference",
        _("What changed"),
        essay=essay,
        old=old,
        new=new,
        is_from_readers=text is not None,
        restorable=[one for one in (old, new) if one and one != newest],
        before=before,
        after=essay.revisions.filter(pk__gt=new.pk).order_by("pk").first(),
        difference=difference.compare(text or (old.text if old else Text()), new.text),
    )


def get_revision(essay: Essay, pk: str | None) -> Revision:
    """Return an essay's revision by its submitted key. Raises Http404."""
    return get_object_or_404(Revision, essay=essay, pk=drafts.parse_number(pk or ""))


@require_POST
def withdraw(request: HttpRequest, which: str) -> HttpResponse:
    """Withdraw the version of a revision from readers who compare versions, or show it again."""
    _user, essay = get_saved_essay(request, which)
    row = get_revision(essay, request.POST.get("revision"))
    if row.version is None:
        raise Http404
    revising.set_withdrawn(essay, row.version, is_withdrawn=not row.is_withdrawn)
    version = {"version": row.version}
    if row.is_withdrawn:
        messages.success(request, _("Version %(version)d can be compared again.") % version)
    else:
        messages.success(request, _("Version %(version)d withdrawn.") % version)
    return redirect("essay-revisions", which)


@require_POST
def restore(request: HttpRequest, which: str) -> HttpResponse:
    """Save the text of an old revision as the latest."""
    user, essay = get_saved_essay(request, which)
    if revising.restore(get_revision(essay, request.POST.get("revision")), by=user) is None:
        messages.info(request, _("This is already the latest version."))
    elif essay.published:
        messages.success(request, _("Restored. Publish the changes to show them to readers."))
    else:
        messages.success(request, _("Restored."))
    return redirect_to_form(essay)


@require_http_methods(["GET", "HEAD", "POST"])
def preview_page(request: HttpRequest, which: str) -> HttpResponse:
    """Show an essay as readers would see it, with its latest text (GET) or that of the submitted form (POST)."""
    user, essay = get_user_and_essay(request, which)
    if request.method == "POST":
        text = drafts.parse_text(request.POST).cleaned()
        kind = Essay.Kind.PAGE if request.POST.get("kind") == Essay.Kind.PAGE else Essay.Kind.ESSAY
    elif essay:
        found = drafts.by_author(user, essay).first()
        text = found.text.cleaned() if found else revising.latest_text(essay).text
        kind = Essay.Kind(essay.kind)
    else:
        raise Http404
    essay = essay or Essay()
    essay.kind = kind
    return preview.render_preview(request, essay, text, by=user)


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, which: str) -> HttpResponse:
    """List an essay's preview links; POST creates or revokes one."""
    user, essay = get_saved_essay(request, which)
    if request.method == "POST":
        if "withdraw" in request.POST:
            get_object_or_404(PreviewLink, essay=essay, pk=request.POST["withdraw"]).delete()
            messages.success(request, _("Preview link revoked."))
        else:
            typed = request.POST.get("days", "")
            wished = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else preview.DEFAULT_DAYS
            preview.create_link(essay, by=user, days=max(1, min(wished, MAX_DAYS)))
            messages.success(request, _("Preview link created."))
        return redirect("essay-links", which)
    rows = PreviewLink.objects.unexpired().filter(essay=essay).select_related("created_by")
    days, home = preview.DEFAULT_DAYS, settings.SITE_URL
    return render_page(request, "preview_links", _("Share a preview"), essay=essay, rows=rows, days=days, home=home)
