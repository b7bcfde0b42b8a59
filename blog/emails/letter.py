"""The two parts of an essay's email, made once for all subscribers."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings
from django.utils.translation import get_language, get_language_info

from blog import markup
from blog.emails.html import to_email_html
from blog.emails.text import to_email_text
from blog.markup.figures import Picture
from blog.models import Essay


class Letter(NamedTuple):
    html: str
    text: str
    is_cut: bool
    """Whether the HTML ends early, because Gmail would hide its end together with the links below."""


def letter_for(essay: Essay) -> Letter:
    """Return an essay in full, in the current language."""
    language = get_language() or settings.LANGUAGE_CODE
    is_rtl = bool(get_language_info(essay.language or language)["bidi"])
    address = settings.SITE_URL + essay.get_absolute_url()
    return _compose(essay.body, essay.id_prefix, address, language, is_rtl, tuple(essay.pictures.items()))


@lru_cache(maxsize=1)  # emails about one essay follow each other
def _compose(
    body: str, prefix: str, address: str, language: str, is_rtl: bool, pictures: tuple[tuple[str, Picture], ...]
) -> Letter:
    """Convert a stored essay. `language` is that of its labels, `address` its own, `pictures` are by address."""
    site = settings.SITE_URL
    rendered = markup.absolutize(markup.render(body, prefix), site, address)
    html, is_cut = to_email_html(rendered, {urljoin(site, url): each for url, each in pictures}, is_rtl=is_rtl)
    return Letter(html, to_email_text(markup.absolutize(body, site, address, keeps_fragments=True)), is_cut)
