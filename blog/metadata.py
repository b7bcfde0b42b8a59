"""What pages tell other programs about themselves: their address, and the picture and locale of their preview card."""

from hashlib import blake2b
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse

from blog.markup import figures
from blog.markup.hosts import split_words
from blog.models import Essay, Site

CARD_SIZE = (1200, 630)
CARD_DESIGN = 1  # raised when cards are drawn differently, so that they get new addresses
LARGE_ENOUGH = (600, 315)  # pixels: apps show a smaller picture as a thumbnail, or not at all

# Open Graph wants a country: the usual one of each language. Those not listed have the same code as their country.
COUNTRIES = dict(
    pair.split(":")
    for pair in split_words(
        "af:ZA ar:AR ast:ES be:BY bn:IN br:FR bs:BA ca:ES ckb:IQ cs:CZ cy:GB da:DK dsb:DE el:GR en:US eo:EO et:EE eu:ES"
        " fa:IR fy:NL ga:IE gd:GB gl:ES he:IL hi:IN hsb:DE hy:AM ia: ig:NG io: ja:JP ka:GE kab:DZ kk:KZ km:KH kn:IN"
        " ko:KR ky:KG lb:LU ml:IN mr:IN ms:MY my:MM nb:NO ne:NP nn:NO os:RU pa:IN sl:SI sq:AL sr:RS sr-latn:RS sv:SE"
        " sw:KE ta:IN te:IN tg:TJ tk:TM tt:RU udm:RU ug:CN uk:UA ur:PK vi:VN zh-hans:CN zh-hant:TW"
    )
)


class PreviewPicture(NamedTuple):
    """The picture of a page's preview card."""

    path: str
    width: int
    height: int
    alt: str

    @property
    def content_type(self) -> str:
        extension = self.path.rpartition(".")[2].lower()
        return f"image/{'jpeg' if extension == 'jpg' else extension}"


def preview_context(essay: Essay, site: Site) -> dict[str, Any]:
    """Return the address that others should use for an essay, and the picture and locale of its preview card."""
    return {
        "canonical_url": essay.canonical or settings.SITE_URL + essay.get_absolute_url(),
        "preview_picture": preview_picture(essay, site),
        "og_locale": open_graph_locale(essay.language or site.language),
    }


def preview_picture(essay: Essay, site: Site) -> PreviewPicture:
    """Return an essay's cover, else its first figure, if large enough; else the card that the server draws."""
    cover = essay.cover
    if cover and cover.width >= LARGE_ENOUGH[0] and cover.height >= LARGE_ENOUGH[1]:
        return PreviewPicture(cover.file.url, cover.width, cover.height, cover.alt)
    if "<img " in essay.body and (found := figures.find_large_picture(essay.body, essay.pictures, LARGE_ENOUGH)):
        address, alt = found
        picture = essay.pictures[address]
        return PreviewPicture(address, picture.width, picture.height, alt)
    return essay_card(essay, site)


def essay_card(essay: Essay, site: Site) -> PreviewPicture:
    """Return the address and size of an essay's drawn card; the text on it is its alternative text."""
    parts = (str(essay), *card_authors(essay), site.name)
    return PreviewPicture(reverse("card", args=[essay.pk, card_version(*parts)]), *CARD_SIZE, " · ".join(parts))


def card_authors(essay: Essay) -> tuple[str, ...]:
    """Return the names of an essay's authors; pages do not show theirs."""
    return tuple(map(str, essay.bylines)) if essay.kind == Essay.Kind.ESSAY else ()


def site_card(site: Site) -> PreviewPicture:
    """Return the address and size of the site's drawn card; the text on it is its alternative text."""
    parts = [part for part in (site.name, site.tagline) if part]
    return PreviewPicture(reverse("site-card", args=[card_version(*parts)]), *CARD_SIZE, " · ".join(parts))


def card_version(*parts: str) -> str:
    """Return a hash of what a card says, for its address."""
    return blake2b("\0".join((str(CARD_DESIGN), *parts)).encode(), digest_size=6).hexdigest()


def open_graph_locale(language: str) -> str:
    """Return a language code as language_TERRITORY, or "" if it has no territory."""
    code, _, variant = language.partition("-")
    country = COUNTRIES.get(language, variant.upper() if len(variant) == 2 else COUNTRIES.get(code, code.upper()))
    return f"{code}_{country}" if country else ""
