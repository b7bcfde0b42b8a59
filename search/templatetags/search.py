"""A filter for the “Page not found” page: the words in an address."""

import re

from django import template

register = template.Library()

MAX_WORDS, MAX_LENGTH = 8, 100
_WORD = re.compile(r"[^\W\d_]{2,}")
_SUFFIX = re.compile(r"\.(?:html?|php|aspx?)$", re.IGNORECASE)


@register.filter
def address_words(path: str) -> str:
    """Return the words of a path, such as “orchard promise” of `/2019/old/orchard-promise.html`, to search for them."""
    parts = [part for part in path[:1000].split("/") if _WORD.search(part)]
    found = _WORD.findall(_SUFFIX.sub("", parts[-1])) if parts else []
    return " ".join(found[:MAX_WORDS])[:MAX_LENGTH]
