"""Cached dates and times equal Django's, in every language."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import global_settings
from django.utils import timezone, translation
from django.utils.formats import date_format

from comments.threads import dates

MOMENTS = [datetime(2026, 1, 31, tzinfo=UTC) + timedelta(days=37 * n, minutes=61 * n) for n in range(30)]


@pytest.mark.parametrize("language", [code for code, _name in global_settings.LANGUAGES])
def test_dates_match_djangos_formatting(language: str) -> None:
    with translation.override(language), timezone.override("Europe/Berlin"):
        for moment in [*MOMENTS, datetime(2026, 5, 1, 10, tzinfo=UTC), datetime(2026, 5, 1, 22, tzinfo=UTC)]:
            zone = timezone.get_current_timezone()
            expected = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
            assert dates.format_datetime(moment, language, zone) == expected


def test_most_languages_use_two_cached_parts() -> None:
    apart = [code for code, _name in global_settings.LANGUAGES if dates.split_format(code)]
    assert {"en", "de", "fr", "es", "ar", "he", "ja"} <= set(apart)
