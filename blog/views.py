"""What readers open: the newest essays, one essay, a page, and the archives."""

from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import pagecache
from accounts import pictures
from accounts.models import Commenter, User
from blog import series as in_series
from blog.middleware import site_of
from blog.models import Essay, EssayQuerySet, Profile, Redirect, Series, Tag


def page_of(essays: EssayQuerySet, request: HttpRequest) -> Page[Essay]:
    """The page of them that the address asks for; a number that is none of its pages is no address of ours."""
    paginator = Paginator(essays.with_authors(), site_of(request).essays_a_page)
    wish = request.GET.get("page", "1")
    if not (wish.isascii() and wish.isdigit() and len(wish) < 9 and 1 <= int(wish) <= max(1, paginator.num_pages)):
        raise Http404
    return paginator.page(int(wish))


def listing(
    request: HttpRequest, essays: EssayQuerySet, heading: str = "", template: str = "blog/home.html", **context: Any
) -> HttpResponse:
    page = page_of(essays, request)
    response = render(request, template, {"page_obj": page, "heading": heading, **context})
    keys = [essay.cache_key for essay in page]
    return pagecache.made_from(response, "site", *keys, ends=Essay.objects.next_change())


def dated(year: int | None, month: int | None = None, day: int | None = None) -> dict[str, int]:
    """The date in an address as a filter; parts that are not there do not count."""
    parts = {"dated__year": year, "dated__month": month, "dated__day": day}
    return {name: part for name, part in parts.items() if part is not None}


def readable() -> EssayQuerySet:
    return Essay.objects.essays().published().newest()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if "p" in request.GET or "page_id" in request.GET:
        return by_number(request)
    return listing(request, readable().pinned_first(), lede=site_of(request).tagline)


def by_number(request: HttpRequest) -> HttpResponse:
    """`/?p=123`, the address that WordPress gives everything: an imported one's own number, else ours."""
    name = "p" if "p" in request.GET else "page_id"
    number = request.GET[name]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    old = Redirect.objects.select_related("essay", "tag", "series").filter(old=f"/?{name}={number}").first()
    if old and old.essay and not old.essay.is_published:
        raise Http404
    target = old or get_object_or_404(Essay.objects.published(), pk=int(number), source=None)
    return redirect(target, permanent=True)


@require_safe
def essay(request: HttpRequest, year: int, month: int, day: int, slug: str) -> HttpResponse:
    try:
        found = readable().for_its_page().get(**dated(year, month, day), slug=slug)
    except Essay.DoesNotExist:
        return moved(request)
    return draw(request, found)


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        found = Essay.objects.pages().published().for_its_page().get(slug=slug)
    except Essay.DoesNotExist:
        return moved(request)
    return draw(request, found)


def draw(request: HttpRequest, essay: Essay, status: int = 200, **context: Any) -> HttpResponse:
    """An essay's or page's own page; templates add what is said under it."""
    template = "blog/page.html" if essay.kind == Essay.Kind.PAGE else "blog/essay.html"
    context = {
        "essay": essay,
        "place": in_series.place_of(request, essay),
        "translations": in_series.translations_of(request, essay, site_of(request).language),
        **context,
    }
    response = render(request, template, context, status=status)
    if status != 200:
        return response
    return pagecache.made_from(response, essay.cache_key, "site", ends=getattr(request, "ends", None))


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers and feed readers look that have not read a page's own link."""
    return redirect(static("mark.svg"))


@require_safe
def moved(request: HttpRequest, **parts: Any) -> HttpResponse:
    """Where something that once stood at this address is now."""
    old = Redirect.objects.select_related("essay", "tag", "series").filter(old=request.path[:500]).first()
    if not old or (old.essay and not old.essay.is_published):
        raise Http404
    return redirect(old, permanent=True)


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        found = Tag.objects.get(slug=slug)
    except Tag.DoesNotExist:
        return moved(request)
    return listing(request, readable().tagged(found), found.name, lede=found.description)


@require_safe
def category(request: HttpRequest, path: str) -> HttpResponse:
    """WordPress's second kind of tag; ours has one."""
    slug = path.strip("/").rsplit("/", 1)[-1]
    old = Redirect.objects.select_related("essay", "tag", "series").filter(old=f"/category/{slug}/").first()
    return redirect(old or get_object_or_404(Tag, slug=slug), permanent=True)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        found = Series.objects.get(slug=slug)
    except Series.DoesNotExist:
        return moved(request)
    essays = readable().filter(series=found).in_series()
    return listing(request, essays, found.title, "blog/series.html", lede=found.description, series=found)


@require_safe
def all_series(request: HttpRequest) -> HttpResponse:
    found = in_series.with_essays()
    if not found:
        raise Http404
    response = render(request, "blog/all_series.html", {"rows": found, "heading": _("Series")})
    return pagecache.made_from(response, "site", ends=Essay.objects.next_change())


@require_safe
def author(request: HttpRequest, username: str) -> HttpResponse:
    found = get_object_or_404(User, username=username)
    essays = readable().by(found)
    if not essays.exists():
        raise Http404
    commenter = Commenter.objects.filter(user=found).exclude(picture="").first()
    context = {
        "author": found,
        "profile": Profile.objects.of(found),
        "face": pictures.face(commenter) if commenter else None,
    }
    return listing(request, essays, found.get_full_name(), "blog/author.html", **context)


@require_safe
def archive(
    request: HttpRequest, year: int | None = None, month: int | None = None, day: int | None = None
) -> HttpResponse:
    """Everything, or what was written in a year, a month, or on a day, as one table of contents by years."""
    essays = readable().filter(**dated(year, month, day))
    heading = _("Archive")
    if year is not None:
        if not essays.exists():
            raise Http404
        heading = " ".join(str(part) for part in (day, MONTHS[month] if month else None, year) if part)
    years: dict[int, list[Essay]] = {}
    for found in essays.newest().only("kind", "title", "slug", "published", "dated", "created", "language"):
        years.setdefault(found.dated.year if found.dated else found.created.year, []).append(found)
    context = {
        "heading": heading,
        "years": [{"year": number, "essays": rows} for number, rows in years.items()],
        "has_series": year is None and len(in_series.with_essays()[:2]) == 2,
    }
    response = render(request, "blog/archive.html", context)
    return pagecache.made_from(response, "site", ends=Essay.objects.next_change())


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    words = f"User-agent: *\nDisallow: /admin/\nDisallow: /accounts/\nSitemap: {settings.SITE_URL}/sitemap.xml\n"
    return pagecache.made_from(HttpResponse(words, content_type="text/plain; charset=utf-8"), "site")
