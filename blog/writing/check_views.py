"""The checks of an essay while it is written, and where its links on this site lead."""

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

from accounts.models import User
from blog.models import Essay, Redirect, Series, Tag
from blog.writing import checks

MOST = 100  # links looked up for one look
BODY = 2 * 1024 * 1024


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("blog.change_essay"):
        raise PermissionDenied
    title, excerpt, body = (request.POST.get(name, "") for name in ("title", "excerpt", "body"))
    found = checks.look(title=title, excerpt=excerpt, body=body[:BODY], is_dead=dead_ends())
    return JsonResponse({"findings": [finding._asdict() for finding in found]})


def dead_ends() -> Callable[[str], bool]:
    """Whether a link on this site leads to nothing, each address asked once."""
    known: dict[str, bool] = {}

    def is_dead(href: str) -> bool:
        path = own_path(href)
        if path is None or (path not in known and len(known) >= MOST):
            return False
        if path not in known:
            known[path] = not leads_somewhere(path)
        return known[path]

    return is_dead


def own_path(href: str) -> str | None:
    """The path of an address on this site, none for others'."""
    parts = urlsplit(href)
    if parts.netloc and f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
        return None
    return unquote(parts.path) if parts.path.startswith("/") else None


def leads_somewhere(path: str) -> bool:
    try:
        match = resolve(path)
    except Resolver404:
        return Redirect.objects.filter(old=path).exists()
    given = match.kwargs
    match match.url_name:
        case "essay":
            day = {"dated__year": given["year"], "dated__month": given["month"], "dated__day": given["day"]}
            is_there = Essay.objects.essays().filter(slug=given["slug"], published__isnull=False, **day).exists()
        case "page":
            is_there = Essay.objects.pages().filter(slug=given["slug"], published__isnull=False).exists()
        case "tag":
            is_there = Tag.objects.filter(slug=given["slug"]).exists()
        case "series":
            is_there = Series.objects.filter(slug=given["slug"]).exists()
        case "author":
            is_there = User.objects.filter(username=given["username"]).exists()
        case "media":
            is_there = default_storage.exists(given["name"])
        case None:  # whatever else there might be at an address
            is_there = False
        case _:
            return True
    return is_there or Redirect.objects.filter(old=path).exists()
