"""Runs the checks of an essay while it is written, and looks up its links on this site."""

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

from accounts.models import User
from blog import markup
from blog.models import Essay, Redirect, Series, Site, Tag
from blog.writing import checks

MAX_LINKS = 100  # links looked up in one check
MAX_BODY = 2 * 1024 * 1024


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Return as JSON what the checks find in a submitted text."""
    if not request.user.has_perm("blog.change_essay"):
        raise PermissionDenied
    title, excerpt, body = (request.POST.get(name, "") for name in ("title", "excerpt", "body"))
    has_formulas = Site.objects.current().formulas
    body = markup.clean_essay(body[:MAX_BODY]) if has_formulas and markup.may_contain_formula(body) else body[:MAX_BODY]
    found = checks.check(title=title, excerpt=excerpt, body=body, is_dead=link_test(), has_formulas=has_formulas)
    return JsonResponse({"findings": [finding._asdict() for finding in found]})


def link_test() -> Callable[[str], bool]:
    """Return a function that tells whether a link on this site is dead, and that looks each path up only once."""
    known: dict[str, bool] = {}

    def is_dead(href: str) -> bool:
        path = local_path(href)
        if path is None or (path not in known and len(known) >= MAX_LINKS):
            return False
        if path not in known:
            known[path] = not has_target(path)
        return known[path]

    return is_dead


def local_path(href: str) -> str | None:
    """Return the path of an address on this site, None for other sites."""
    parts = urlsplit(href)
    if parts.netloc and f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
        return None
    return unquote(parts.path) if parts.path.startswith("/") else None


def has_target(path: str) -> bool:
    """Return whether a path on this site leads to something, directly or by a redirect."""
    try:
        match = resolve(path)
    except Resolver404:
        return Redirect.objects.filter(old_path=path).exists()
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
        case None:  # the catch-all for redirects
            is_there = False
        case _:
            return True
    return is_there or Redirect.objects.filter(old_path=path).exists()
