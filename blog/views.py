"""Readers' pages: lists of essays, an essay or a page, archives, tags, series and authors."""

from collections.abc import Callable
from copy import copy
from datetime import date as calendar_day
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

import pagecache
from accounts.models import Commenter, User
from accounts.profiles import avatars
from blog import citing, paging
from blog import series as in_series
from blog.metadata import preview_context
from blog.middleware import get_site, site_context
from blog.models import Essay, EssayQuerySet, Profile, Redirect, Revision, Series, Tag, prefetch_bylines
from blog.onward import get_onward, with_neighbors
from pagecache import frames
from server.prepared import Prepared

TITLES_PER_PAGE = 100
SERIES_PER_PAGE = 50
with_revision = Revision.objects.annotate_shown

ESSAY = Prepared(
    lambda now, dated, slug: with_neighbors(
        with_revision(Essay.objects.essays().published(now).for_essay_page().filter(dated=dated, slug=slug), now), now
    ),
    now=models.DateTimeField(), dated=models.DateField(), slug=models.SlugField(),
)  # fmt: skip
PAGE = Prepared(
    lambda now, slug: with_revision(Essay.objects.pages().published(now).for_essay_page().filter(slug=slug), now),
    now=models.DateTimeField(), slug=models.SlugField(),
)  # fmt: skip


def show_list(
    request: HttpRequest,
    find: Callable[[int, int], list[Essay]],
    heading: str = "",
    template: str = "blog/home.html",
    **context: Any,
) -> HttpResponse:
    """Render the requested page of a list of essays, cacheable; `find(start, stop)` returns a slice of the list."""
    page = paging.get_page(request, get_site(request).essays_per_page, find)
    prefetch_bylines(page.rows)
    if get_site(request).show_covers:
        prefetch_related_objects(page.rows, "cover")
    response = render(request, template, {"page_obj": page, "heading": heading, **context})
    keys = [essay.cache_key for essay in page]
    return pagecache.mark_cacheable(response, "site", *keys, expires=Essay.objects.next_change())


def published_essays() -> EssayQuerySet:
    return Essay.objects.essays().published().newest()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """List all essays, pinned ones first; redirect WordPress's `/?p=123` and `/?s=words`."""
    if "p" in request.GET or "page_id" in request.GET:
        return redirect_by_number(request)
    if "s" in request.GET:
        return redirect(f"{reverse('search')}?{urlencode({'q': request.GET['s']})}", permanent=True)
    return show_list(request, published_essays().fetch_slice_pinned_first, lede=get_site(request).tagline)


def redirect_by_number(request: HttpRequest) -> HttpResponse:
    """Redirect WordPress's `/?p=123` to the essay imported with this number, else to ours with this primary key."""
    name = "p" if "p" in request.GET else "page_id"
    number = request.GET[name]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    old = Redirect.objects.select_related("essay", "tag", "series").filter(old_path=f"/?{name}={number}").first()
    if old and old.essay and not old.essay.is_published:
        raise Http404
    target = old or get_object_or_404(Essay.objects.published(), pk=int(number), source=None)
    return redirect(target, permanent=True)


@require_safe
def redirect_moved(request: HttpRequest, **parts: Any) -> HttpResponse:
    """Redirect an old address, which may be stored without its last slash, to its current one, or raise Http404."""
    path = request.path[:500]
    found = Redirect.objects.select_related("essay", "tag", "series").filter(old_path__in=[path, path.rstrip("/")])
    old = found.order_by("-old_path").first()
    if not old or (old.essay and not old.essay.is_published):
        raise Http404
    return redirect(old, permanent=True)


@require_safe
def essay(request: HttpRequest, year: int, month: int, day: int, slug: str) -> HttpResponse:
    """Show a published essay, or redirect from an old address."""
    try:
        dated = calendar_day(year, month, day)
    except ValueError:  # there is no such day
        return redirect_moved(request)
    return show(request, lambda: ESSAY.first(now=timezone.now(), dated=dated, slug=slug))


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a published page, or redirect from an old address."""
    return show(request, lambda: PAGE.first(now=timezone.now(), slug=slug))


def show(
    request: HttpRequest,
    find: Callable[[], Essay | None],
    show_other: Callable[[HttpRequest], HttpResponse] = redirect_moved,
) -> HttpResponse:
    """Show the essay or page that `find` returns; if there is none, redirect from an old address or `show_other`.

    While its frame is current, `find` is not called and only the parts for each request are rendered.
    """
    generation = get_site(request).generation
    frame = frames.find(request.path, generation)
    essay = copy(frame.subject) if frame else find()  # a copy, because its comments and likes are cached on it
    if essay is None:
        return show_other(request)
    if frame is None:
        context = {**site_context(request), **essay_context(request, essay)}
        frame = frames.add(request, generation, essay_template(essay), context, without_body(essay))
    response = HttpResponse(frame.render(request, essay=essay))
    return pagecache.mark_cacheable(response, essay.cache_key, "site", expires=getattr(request, "expires", None))


def without_body(essay: Essay) -> Essay:
    """Return a copy with the authors, without the text, which would be read from the database if it were needed."""
    found = copy(essay)
    found.bylines = essay.bylines
    del found.body
    return found


def render_essay(request: HttpRequest, essay: Essay, status: int = 200, **context: Any) -> HttpResponse:
    """Render the page of an essay or a page, with a form that is shown again."""
    context = {**essay_context(request, essay), **context}
    return render(request, essay_template(essay), context, status=status)


def essay_template(essay: Essay) -> str:
    return "blog/page.html" if essay.kind == Essay.Kind.PAGE else "blog/essay.html"


def essay_context(request: HttpRequest, essay: Essay) -> dict[str, Any]:
    """Return what the page of an essay or a page shows; its template adds the comments."""
    series_position = essay.series and in_series.get_navigation(request, essay, essay.series)
    context = {"essay": essay, "series_position": series_position, **preview_context(essay, get_site(request))}
    if essay.kind == Essay.Kind.ESSAY and request.method != "POST":  # not when a form is shown again
        context["onward"] = get_onward(request, essay, series_position)
    if essay.translation_of_id or essay.is_translated:
        context["translations"] = in_series.get_translations(request, essay, get_site(request).language)
    return context


@require_safe
def cite(request: HttpRequest, year: int, month: int, day: int, slug: str) -> HttpResponse:
    """Show how to cite a published essay."""
    found = get_object_or_404(published_essays().dated(year, month, day), slug=slug)
    site = get_site(request)
    response = render(request, "blog/cite.html", {"essay": found, "citation": citing.Citation.of(found, site)})
    return pagecache.mark_cacheable(response, found.cache_key, "site", expires=getattr(request, "expires", None))


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect `/favicon.ico`, for browsers and feed readers that do not read a page's icon link, to the icon."""
    return redirect(static("mark.svg"))


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """List a tag's essays, or redirect from an old address."""
    found = Tag.objects.filter(slug=slug).first()
    if found is None:
        return redirect_moved(request)
    return show_list(request, published_essays().tagged(found).fetch_slice, found.name, lede=found.description)


@require_safe
def category(request: HttpRequest, path: str) -> HttpResponse:
    """Redirect a WordPress category to its tag."""
    slug = path.strip("/").rsplit("/", 1)[-1]
    old = Redirect.objects.select_related("essay", "tag", "series").filter(old_path=f"/category/{slug}/").first()
    return redirect(old or get_object_or_404(Tag, slug=slug), permanent=True)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """List the essays of a series, or redirect from an old address."""
    found = Series.objects.filter(slug=slug).first()
    if found is None:
        return redirect_moved(request)
    essays = published_essays().filter(series=found).in_series()
    return show_list(request, essays.fetch_slice, found.title, "blog/series.html", lede=found.description, series=found)


@require_safe
def all_series(request: HttpRequest) -> HttpResponse:
    """List the series that have published essays."""
    page = paging.get_page(request, SERIES_PER_PAGE, lambda start, stop: list(in_series.with_counts()[start:stop]))
    if not page.rows:
        raise Http404
    response = render(request, "blog/all_series.html", {"page_obj": page, "heading": _("Series")})
    return pagecache.mark_cacheable(response, "site", expires=Essay.objects.next_change())


@require_safe
def author(request: HttpRequest, username: str) -> HttpResponse:
    """Show an author's profile and list their essays."""
    found = get_object_or_404(User, username=username)
    if not found.authorships.filter(essay__in=published_essays()).exists():
        raise Http404
    commenter = Commenter.objects.filter(user=found).exclude(picture="").first()
    context = {
        "author": found,
        "profile": Profile.objects.for_user(found),
        "face": avatars.template_context(commenter) if commenter else None,
    }
    return show_list(
        request, published_essays().by_author(found).fetch_slice, found.get_full_name(), "blog/author.html", **context
    )


@require_safe
def archive(
    request: HttpRequest, year: int | None = None, month: int | None = None, day: int | None = None
) -> HttpResponse:
    """List titles by year: of all essays, or of those of a year, a month or a day."""
    essays = published_essays() if year is None else published_essays().dated(year, month, day)
    page = paging.get_page(request, TITLES_PER_PAGE, partial(essays.by_date().fetch_slice, only=in_series.LINK_FIELDS))
    if year is not None and not page.rows:
        raise Http404
    years = published_essays().years() if month is None else []
    context = {
        "heading": " ".join(str(part) for part in (day, MONTHS[month] if month else None, year) if part),
        "page_obj": page,
        "years": years if sum(count for _year, count in years) > TITLES_PER_PAGE else [],
        "year": year,
        "has_series": year is None and len(in_series.readable_series()[:2]) == 2,
    }
    response = render(request, "blog/archive.html", context)
    return pagecache.mark_cacheable(response, "site", expires=Essay.objects.next_change())


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    words = f"User-agent: *\nDisallow: /admin/\nDisallow: /accounts/\nSitemap: {settings.SITE_URL}/sitemap.xml\n"
    return pagecache.mark_cacheable(HttpResponse(words, content_type="text/plain; charset=utf-8"), "site")
