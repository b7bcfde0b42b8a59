"""Template tags of the admin's writing pages."""

from datetime import datetime
from typing import Any

from django import template
from django.db.models import Model
from django.utils import formats, timezone

from blog.models import Essay, Image, Profile, Series, Site, Tag
from blog.writing import check_views, checks
from blog.writing.lists import dates, desk

ON_DESK: frozenset[type[Model]] = frozenset({Essay, Image, Profile, Series, Tag})

register = template.Library()


@register.simple_tag
def essay_findings(essay: Essay | None) -> list[checks.Finding]:
    """Return what the checks find in an essay as it was last saved."""
    if essay is None:
        return []
    return checks.check(title=essay.title, excerpt=essay.excerpt, body=essay.body, is_dead=check_views.link_test())


@register.simple_tag
def author_desk(user: Any) -> desk.Desk:
    """Return the author's drafts, scheduled essays, unpublished changes and preview links."""
    return desk.build_desk(user)


@register.simple_tag
def unlisted_apps(apps: list[dict[str, Any]], user: Any) -> list[dict[str, Any]]:
    """Return the admin's apps without the models that the start page links above them."""
    listed = ON_DESK if user.has_perm("blog.add_essay") else frozenset[type[Model]]()
    if user.is_superuser:
        listed |= {Site}
    rest = [{**app, "models": [each for each in app["models"] if each["model"] not in listed]} for app in apps]
    return [app for app in rest if app["models"]]


@register.filter
def moment(at: datetime) -> str:
    """Return the time of a moment of today, and the date and time of any other."""
    local = timezone.localtime(at)
    return formats.date_format(local, "TIME_FORMAT" if local.date() == timezone.localdate() else "DATETIME_FORMAT")


register.filter(dates.edited)
register.filter(dates.day_name)
