"""What the publishing step shows: how lists and links will show the essay, its checks, and the changes since."""

import copy
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from blog import difference, permalinks
from blog.markup import figures
from blog.metadata import LARGE_ENOUGH, PreviewPicture, essay_card, preview_picture
from blog.middleware import get_site
from blog.models import Essay, Image, Site, Text
from blog.writing import check_views, checks, revisions
from blog.writing.publishing.form import PublishingForm
from blog.writing.revisions import LatestText
from blog.writing.time_zones import current_time_zone_name

SHOWN_CHANGES = 2
OWN_FIELDS = {"title": "title", "excerpt": "excerpt"}  # findings about what the step itself can change


class Check(NamedTuple):
    """A finding, and the address of its place in the text or in the step."""

    words: str
    where: str
    url: str
    is_required: bool


def build_context(request: HttpRequest, essay: Essay, found: LatestText, form: PublishingForm) -> dict[str, Any]:
    """Return the template context of the step for an essay with its latest text and a form, perhaps submitted."""
    shown = found.text.apply_to(copy.copy(essay))
    published = Text.from_essay(essay)
    is_ahead = essay.published is not None and found.text.fingerprint != published.fingerprint
    changes = difference.compare(published, found.text) if is_ahead else None
    return {
        "essay": essay,
        "form": form,
        "shown": shown,
        "latest": found,
        "state": state_of(essay, found),
        "checks": list_checks(essay, found.text),
        "pictures": list_pictures(request, shown, form["cover"].value()),
        "changes": changes,
        "shown_changes": shown_changes(changes) if changes else [],
        "undo_until": revisions.undo_until(essay),
        "announcement": essay.announcements.pending().first(),
        "is_announced": essay.announcements.filter(sent__isnull=False).exists(),
        "may_publish": essay.may_publish(request.user),
        "address": build_address(essay),
        "has_fixed_date": essay.dated is not None and permalinks.has_been_public(essay),
        "host": settings.SITE_URL.partition("://")[2],
        "zone": current_time_zone_name(),
        "now": timezone.now(),
    }


def shown_changes(changes: difference.Difference) -> list[difference.Row]:
    """Return the first changed blocks of the body."""
    rows = [part for part in changes.body if isinstance(part, difference.Row) and part.state != "same"]
    return rows[:SHOWN_CHANGES]


def state_of(essay: Essay, found: LatestText) -> str:
    """Return a string that changes with the text, the date and the emails: a form with another one is outdated."""
    published = essay.published.isoformat() if essay.published else ""
    newest = essay.announcements.order_by("pk").last()
    emails = f"{newest.pk}-{'sent' if newest.sent else 'pending'}" if newest else ""
    kind = found.revision.kind if found.revision else ""
    return f"{found.version}/{kind}/{published}/{emails}"


def build_address(essay: Essay) -> str:
    """Return the path before the slug."""
    return essay.get_absolute_url().rstrip("/").rpartition("/")[0] + "/"


def list_checks(essay: Essay, text: Text) -> list[Check]:
    """Return what a text needs before it can be published, then the suggestions."""
    missing = revisions.missing_fields(text)
    findings = checks.check(
        title=text.title,
        excerpt=text.excerpt,
        body=text.body,
        is_dead=check_views.link_test(),
        has_formulas=Site.objects.current().formulas,
    )
    unclear = any(finding.kind == "unclear" for finding in findings)  # each is listed with its own link
    found = [
        Check(words, "", find_url(essay, name), is_required=True)
        for name, words in missing.items()
        if not (name == "body" and unclear)
    ]
    return found + [
        Check(finding.words, finding.where, find_url(essay, finding.kind, finding.where), finding.kind == "unclear")
        for finding in findings
    ]


def find_url(essay: Essay, kind: str, where: str = "") -> str:
    """Return the address at which an author corrects a finding; a script finds the place in the text by its query."""
    if kind in OWN_FIELDS:
        return f"#publish_{OWN_FIELDS[kind]}"
    return f"{reverse('admin:blog_essay_change', args=[essay.pk])}?{urlencode({'find': f'{kind}:{where}'})}#id_body"


class Choice(NamedTuple):
    """A picture to choose for the preview card; `picture` is None for the card that the server draws."""

    value: str
    picture: PreviewPicture | None
    small_url: str
    alt: str
    is_chosen: bool


def list_pictures(request: HttpRequest, essay: Essay, chosen: Any) -> list[Choice]:
    """Return the choices for the picture: the automatic one, the chosen one, then large pictures of the text."""
    value = str(getattr(chosen, "pk", chosen) or "")
    essay.cover = None
    site = get_site(request)
    automatic = preview_picture(essay, site)
    is_drawn = automatic.path == essay_card(essay, site).path
    choices = [Choice("", None if is_drawn else automatic, "", automatic.alt, not value)]
    prefix = default_storage.url("")
    names = [url.removeprefix(prefix) for url in figures.picture_addresses(essay.body) if url.startswith(prefix)]
    width, height = LARGE_ENOUGH
    images = list(Image.objects.filter(file__in=names, width__gte=width, height__gte=height).order_by("pk"))
    if value.isdecimal() and len(value) < 19 and value not in {str(image.pk) for image in images}:
        images = [*Image.objects.filter(pk=value), *images]
    for image in images:
        picture = PreviewPicture(image.file.url, image.width, image.height, image.alt)
        choices.append(Choice(str(image.pk), picture, image.small_url, str(image), str(image.pk) == value))
    return choices
