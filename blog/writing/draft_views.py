"""Pages of the admin about a text and its history: unsaved texts, revisions, their differences, previews and links."""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from blog import difference
from blog.models import Draft, Essay, PreviewLink, Revision, Text
from blog.writing import drafting, preview
from blog.writing import revisions as revising

A_PAGE = 50
LONGEST_DAYS = 90


def essay_of(request: HttpRequest, which: str) -> tuple[User, Essay | None]:
    """Whose form it is, and of which essay; `new` is one that was never saved."""
    user = cast(User, request.user)
    if which == "new":
        if not user.has_perm("blog.add_essay"):
            raise PermissionDenied
        return user, None
    if not (which.isascii() and which.isdigit() and len(which) < 19):
        raise Http404
    essay = get_object_or_404(Essay, pk=int(which))
    if not (user.has_perm("blog.change_essay") and essay.may_change(user)):
        raise PermissionDenied
    return user, essay


def own(request: HttpRequest, which: str) -> tuple[User, Essay]:
    user, essay = essay_of(request, which)
    if essay is None:
        raise Http404
    return user, essay


def page(request: HttpRequest, name: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/blog/essay/{name}.html", context, status=status)


def to_form(essay: Essay | None) -> HttpResponse:
    return redirect("admin:blog_essay_change", essay.pk) if essay else redirect("admin:blog_essay_add")


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, which: str) -> HttpResponse:
    """GET shows an unsaved text beside what is stored; POST keeps what a page sends, or deletes an unsaved text."""
    user, essay = essay_of(request, which)
    if request.method == "POST":
        return discard(request, user, essay) if "discard" in request.POST else keep(request, user, essay)
    found = chosen(user, essay, request.GET)
    if found is None:
        messages.info(request, _("There are no unsaved changes."))
        return to_form(essay)
    stored = revising.standing(essay).text if essay else Text()
    return page(
        request,
        "draft",
        _("Unsaved changes"),
        essay=essay,
        draft=found,
        stored=stored,
        text=found.text.cleaned(),
        is_behind=essay is not None and found.base != revising.standing(essay).mark,
        difference=difference.between(stored, found.text.cleaned()),
    )


def chosen(user: User, essay: Essay | None, data: Any) -> Draft | None:
    """The unsaved text that `draft` names, or else the latest."""
    found = drafting.of(user, essay)
    if "draft" in data:
        found = found.filter(pk=drafting.number_of(data["draft"]))
    return found.first()


def keep(request: HttpRequest, user: User, essay: Essay | None) -> HttpResponse:
    form = drafting.sent(request.POST)
    state, row = drafting.keep(user, essay, form)
    answer: dict[str, Any] = {"state": state}
    if row:
        answer["changed"] = row.changed.isoformat()
    if "offer" in request.POST:
        answer["offer"] = offer(request, user, essay)
    if essay and state == "kept" and form.base != revising.standing(essay).mark:
        answer["behind"] = _(
            "Someone has saved this essay since you opened it. When you save, you’ll see both versions."
        )
    return JsonResponse(answer)


def offer(request: HttpRequest, user: User, essay: Essay | None) -> str:
    """The list of unsaved texts without those of the page that asks."""
    newer = drafting.others(user, essay, tab=request.POST["offer"], over=request.POST.get("taken", ""))
    context = {"newer": newer, "draft_address": request.path}
    return render_to_string("admin/blog/essay/_newer.html", context, request)


def discard(request: HttpRequest, user: User, essay: Essay | None) -> HttpResponse:
    """Delete an unsaved text, if it is still the one that was shown."""
    found = chosen(user, essay, request.POST)
    place = to_form(essay) if essay else redirect("admin:blog_essay_changelist")
    if found and found.changed.isoformat() == request.POST.get("changed"):
        found.delete()
        messages.success(request, _("Unsaved changes discarded."))
        if found.tab.isalnum():
            place.headers["Location"] += f"#saved-{found.tab}-{found.number}"
        return place
    messages.warning(request, _("The unsaved changes were updated in another tab. Please review them again."))
    return place


@require_safe
def logged_in(request: HttpRequest) -> HttpResponse:
    """Where a log-in ends that was made in another tab, for the sake of a form."""
    return page(request, "logged_in", _("You’re logged in again"))


@require_safe
def revisions(request: HttpRequest, which: str) -> HttpResponse:
    _user, essay = own(request, which)
    rows = Paginator(essay.revisions.listed(), A_PAGE).get_page(request.GET.get("page"))
    found = revising.standing(essay)
    return page(
        request, "revisions", _("Revisions"), essay=essay, rows=rows, standing=found, shown=Text.of(essay).print
    )


@require_safe
def compare(request: HttpRequest, which: str) -> HttpResponse:
    """`?old=…&new=…`, in either order; without `old` the one before."""
    _user, essay = own(request, which)
    new = revision_of(essay, request.GET.get("new"))
    before = essay.revisions.filter(pk__lt=new.pk).newest() if new else None
    old = revision_of(essay, request.GET.get("old")) if request.GET.get("old") else before
    if new is None:
        raise Http404
    text = Text.of(essay) if "shown" in request.GET else None
    if old and old.pk > new.pk:
        old, new = new, old
    newest = essay.revisions.newest()
    return page(
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
        difference=difference.between(text or (old.text if old else Text()), new.text),
    )


def revision_of(essay: Essay, pk: str | None) -> Revision | None:
    if not (pk and pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise Http404
    return get_object_or_404(Revision, essay=essay, pk=int(pk))


@require_POST
def restore(request: HttpRequest, which: str) -> HttpResponse:
    user, essay = own(request, which)
    revision = revision_of(essay, request.POST.get("revision"))
    made = revision and revising.restore(revision, by=user)
    if made is None:
        messages.info(request, _("This is already the latest version."))
    elif essay.published:
        messages.success(request, _("Restored. Publish the changes to show them to readers."))
    else:
        messages.success(request, _("Restored."))
    return to_form(essay)


@require_http_methods(["GET", "HEAD", "POST"])
def preview_page(request: HttpRequest, which: str) -> HttpResponse:
    """GET draws the newest text, POST what stands in the form."""
    user, essay = essay_of(request, which)
    if request.method == "POST":
        text = drafting.text_of(request.POST).cleaned()
        kind = Essay.Kind.PAGE if request.POST.get("kind") == Essay.Kind.PAGE else Essay.Kind.ESSAY
    elif essay:
        found = drafting.of(user, essay).first()
        text = found.text.cleaned() if found else revising.standing(essay).text
        kind = Essay.Kind(essay.kind)
    else:
        raise Http404
    essay = essay or Essay()
    essay.kind = kind
    return preview.drawn(request, essay, text, by=user)


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, which: str) -> HttpResponse:
    user, essay = own(request, which)
    if request.method == "POST":
        if "withdraw" in request.POST:
            preview.withdraw(get_object_or_404(PreviewLink, essay=essay, pk=request.POST["withdraw"]))
            messages.success(request, _("Preview link revoked."))
        else:
            days = request.POST.get("days", "")
            wished = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else preview.DAYS
            preview.make_link(essay, by=user, days=max(1, min(wished, LONGEST_DAYS)))
            messages.success(request, _("Preview link created."))
        return redirect("essay-links", which)
    rows = PreviewLink.objects.open().filter(essay=essay).select_related("by")
    return page(
        request,
        "preview_links",
        _("Share a preview"),
        essay=essay,
        rows=rows,
        days=preview.DAYS,
        home=settings.SITE_URL,
    )
