"""An author's drafts and scheduled essays on the first page of the admin."""

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from blog.models import Draft, Essay, Profile, Site
from blog.writing import drafts
from blog.writing.publishing.changes import find_changed_by_author

ROW_LIMIT = 8


class Desk(NamedTuple):
    drafts: list[Essay]
    unsaved: list[Draft]
    scheduled: list[Essay]
    changed: list[Essay]
    has_more: bool
    zone: ZoneInfo


def build_desk(user: Any) -> Desk:
    """Find an author's unpublished essays, changes and unsaved drafts, latest first, and scheduled ones, next first."""
    mine = Essay.objects.by_author(user)
    unpublished = list(mine.filter(published=None).order_by("-changed")[: ROW_LIMIT + 1])
    scheduled = list(mine.filter(published__gt=timezone.now()).order_by("published")[: ROW_LIMIT + 1])
    changed = find_changed_by_author(user)
    unsaved = list(drafts.by_author(user, None)[: ROW_LIMIT + 1])
    zone = Profile.objects.for_user(user).time_zone or Site.objects.current().time_zone
    has_more = max(len(unpublished), len(scheduled), len(changed), len(unsaved)) > ROW_LIMIT
    lists = (unpublished[:ROW_LIMIT], unsaved[:ROW_LIMIT], scheduled[:ROW_LIMIT], changed[:ROW_LIMIT])
    return Desk(*lists, has_more, ZoneInfo(zone))
