"""The languages of the interface: English, and those with a catalog of translations."""

from collections.abc import Iterable
from pathlib import Path

from django.conf.global_settings import LANGUAGES
from django.utils.translation import to_language


def languages_with_catalogs(folders: Iterable[Path]) -> list[tuple[str, str]]:
    """Return codes and names of the languages whose compiled catalogs are in the folders."""
    found = {to_language(file.parts[-3]) for folder in folders for file in folder.glob("*/LC_MESSAGES/django.mo")}
    return [(code, name) for code, name in LANGUAGES if code == "en" or code in found]
