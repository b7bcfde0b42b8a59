"""Time zones to choose from in the admin, and how the one that holds is called."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from js_asset import Script
from js_asset.media import Media

_NO_PLACES = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def places() -> list[tuple[str, list[tuple[str, str]]]]:
    """By part of the world, as a list shows them."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        part, stroke, place = name.partition("/")
        if stroke and not name.startswith(_NO_PLACES):
            parts.setdefault(part, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [*parts.items()]


class TimeZones(forms.Select):
    """A list; a script offers the browser's own."""

    def __init__(self, attrs: Any = None, choices: Any = (("UTC", "UTC"),)) -> None:
        super().__init__({"data-browser-zone": _("%s (from your browser)"), **(attrs or {})}, choices)

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """A name that is in no list, but was given once, stays."""
        known = {zone for _part, zones in places() for zone, _place in zones} | {
            str(key) for key, _name in self.choices
        }
        given = [(each, each) for each in value if each and each not in known]
        own, self.choices = self.choices, [*self.choices, *given, *places()]
        try:
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = own

    @property
    def media(self) -> forms.Media:
        return Media(js=[Script("js/writing/time-zone.js", type="module")])


def current_name() -> str:
    """The place, which says more than the letters that clocks there have this season."""
    return getattr(timezone.get_current_timezone(), "key", "") or timezone.get_current_timezone_name()
