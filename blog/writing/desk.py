"""An author's own essays on the first page of the admin: what is unfinished, and what waits for its time."""

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from blog.models import Draft, Essay, EssayQuerySet, Profile, Site
from blog.writing import drafting

SHOWN = 8


class Desk(NamedTuple):
    drafts: list[Essay]
    unsaved: list[Draft]
    scheduled: list[Essay]
    has_more: bool
    zone: ZoneInfo


def of(user: Any) -> Desk:
    mine = Essay.objects.by(user)
    drafts = list(mine.filter(published=None).order_by("-changed")[: SHOWN + 1])
    scheduled = list(waiting(mine)[: SHOWN + 1])
    unsaved = list(drafting.of(user, None)[: SHOWN + 1])
    zone = Profile.objects.of(user).time_zone or Site.objects.current().time_zone
    has_more = max(len(drafts), len(scheduled), len(unsaved)) > SHOWN
    return Desk(drafts[:SHOWN], unsaved[:SHOWN], scheduled[:SHOWN], has_more, ZoneInfo(zone))


def waiting(essays: EssayQuerySet) -> EssayQuerySet:
    return essays.filter(published__gt=timezone.now()).order_by("published")
