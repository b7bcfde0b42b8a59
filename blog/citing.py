"""How to cite an essay: as a sentence, as BibTeX and as CSL-JSON."""

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from blog.models import Essay, Site

# Two words such as “Miriam Achterberg” or “Anne-Marie O’Neill”. Any other name is cited as it is written, because no
# rule tells where the family name begins in “Maria del Mar Ruiz” or “Ibn Rushd al-Hafid”.
PART = r"[^\W\d_a-z][^\W\d_]*(?:[-’'][^\W\d_]+)*"
GIVEN_FAMILY = re.compile(rf"(?!The )({PART}) ({PART})")
FAMILY_NAME_FIRST = {"hu", "ja", "ko", "vi", "zh", "km"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TEX = {character: f"\\{character}" for character in "$&#%_"} | {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # BibTeX counts braces, even after a backslash
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass
class Citation:
    """The parts of a citation. The language is that of the essay, or else of the site."""

    names: list[str]
    title: str
    site: str
    published: date
    url: str
    language: str
    key: int

    @classmethod
    def of(cls, essay: Essay, site: Site) -> "Citation":
        """Return the citation of a published essay."""
        return cls(
            names=[one_line(author.get_full_name()) for author in essay.bylines],
            title=one_line(essay.title),
            site=one_line(site.name),
            published=timezone.localdate(essay.published),
            url=essay.canonical or f"{settings.SITE_URL}{essay.get_absolute_url()}",
            language=essay.language or site.language,
            key=essay.pk,
        )

    @property
    def text(self) -> SafeString:
        """Return one sentence for each part, isolated from text of the other direction."""
        names = get_text_list(self.names, _("and"))
        end = "" if self.title.endswith(tuple("?!.…؟。？！")) else "."
        site = format_html("<cite><bdi>{}</bdi></cite>", self.site)
        parts = [
            names and format_html("<bdi>{}</bdi>{}", names, "" if names.endswith(".") else "."),
            self.title and format_html("“<bdi>{}</bdi>{}”", self.title, end),
            SafeString(_("%(site)s, %(date)s.") % {"site": site, "date": date_format(self.published)}),
            format_html("<bdi>{}</bdi>", self.url),
        ]
        return format_html_join(" ", "{}", ((part,) for part in parts if part))

    @property
    def bibtex(self) -> str:
        """Return an entry that every BibTeX style knows."""
        fields = {
            "author": " and ".join(map(bibtex_name, self.split_names)),
            "title": self.title and f"{{{escape_tex(self.title)}}}",
            "howpublished": escape_tex(self.site),
            "year": str(self.published.year),
            "url": self.url.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D"),
            "language": self.language,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        month = f"  month = {MONTHS[self.published.month - 1]},"
        return "\n".join([f"@misc{{{self.bibtex_key},", *lines, month, f"  day = {{{self.published.day}}}", "}"])

    @property
    def csl(self) -> str:
        """Return the CSL-JSON that reference managers such as Zotero import."""
        day = self.published
        item: dict[str, Any] = {
            "id": self.bibtex_key,
            "type": "post-weblog",
            "author": self.split_names,
            "title": self.title,
            "container-title": self.site,
            "issued": {"date-parts": [[day.year, day.month, day.day]]},
            "URL": self.url,
            "language": self.language,
        }
        return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2)

    @cached_property
    def split_names(self) -> list[dict[str, str]]:
        """Return the authors as CSL names, split into given and family name only where that is clear."""
        is_split = self.language.partition("-")[0] not in FAMILY_NAME_FIRST
        found = [GIVEN_FAMILY.fullmatch(name) if is_split and is_latin(name) else None for name in self.names]
        return [
            {"family": match[2], "given": match[1]} if match else {"literal": name}
            for name, match in zip(self.names, found, strict=True)
        ]

    @property
    def bibtex_key(self) -> str:
        """Return a key such as `achterberg2026objections12`: ASCII letters and digits, unique on this site."""
        name = self.split_names[0] if self.names else {}
        first = ascii_letters(name.get("family") or name.get("literal", "")) or "essay"
        word = next(filter(None, map(ascii_letters, self.title.split())), "")
        return f"{first[:30]}{self.published.year}{word[:30]}{self.key}"


def one_line(text: str) -> str:
    return " ".join(text.split())


def is_latin(name: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in name if letter.isalpha())


def ascii_letters(text: str) -> str:
    """Return the letters and digits of a text without accents, in lower case."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(filter(str.isalnum, plain)).lower()


def bibtex_name(name: dict[str, str]) -> str:
    """Return a name for BibTeX, in braces if it is not to be split."""
    if "literal" in name:
        return f"{{{escape_tex(name['literal'])}}}"
    return f"{escape_tex(name['family'])}, {escape_tex(name['given'])}"


def escape_tex(text: str) -> str:
    return "".join(TEX.get(character, character) for character in text)
