"""The time zone select of the admin, and the user's time zone."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from js_asset import Script
from js_asset.media import Media

from blog.models import Profile

_ALIAS_PREFIXES = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def time_zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return for each region its name and its time zones, each as its key and the name of its place."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        part, stroke, place = name.partition("/")
        if stroke and not name.startswith(_ALIAS_PREFIXES):
            parts.setdefault(part, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [*parts.items()]


class TimeZoneSelect(forms.Select):
    """A list of time zones; a script adds the browser's own on top."""

    def __init__(self, attrs: Any = None, choices: Any = (("UTC", "UTC"),)) -> None:
        super().__init__({"data-browser-zone": _("%s (from your browser)"), **(attrs or {})}, choices)

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """Add all time zones to the choices, and a stored one that is no longer known."""
        listed = {zone for _part, zones in time_zone_choices() for zone, _place in zones}
        known = listed | {str(key) for key, _name in self.choices}
        given = [(each, each) for each in value if each and each not in known]
        own, self.choices = self.choices, [*self.choices, *given, *time_zone_choices()]
        try:
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = own

    @property
    def media(self) -> forms.Media:
        return Media(js=[Script("js/writing/time-zone.js", type="module")])


def activate_own_time_zone(request: HttpRequest) -> None:
    """Activate the user's time zone; SiteMiddleware restores the site's after the request."""
    if zone := Profile.objects.for_user(request.user).time_zone:
        timezone.activate(ZoneInfo(zone))


def in_own_time_zone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of the admin so that it shows and reads times in the user's time zone."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        activate_own_time_zone(request)
        return view(request, *args, **options)

    return wrapper


def current_time_zone_name() -> str:
    """Return the current time zone's name, such as Europe/Berlin rather than CEST."""
    return getattr(timezone.get_current_timezone(), "key", "") or timezone.get_current_timezone_name()
