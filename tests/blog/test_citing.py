"""Citations: the sentence, BibTeX that parses, and CSL-JSON that reference managers import."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from blog.models import Authorship, Essay
from tests import make
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PUBLISHED = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)  # the next day in Amsterdam
LITERAL = re.compile(r"\\text\w+\{\}|\\[$&#%_]|[^\\{}]")


def citations(essay: Essay) -> tuple[str, str, str]:
    page = Page(Client().get(f"{essay.get_absolute_url()}cite/"))
    assert page.status == 200
    panel = page.only("div[@class='citations']")
    text, bibtex, csl = ("".join(part.itertext()) for part in panel.iter() if part.get("class") == "citation")
    return text, bibtex, csl


def parse_bibtex(entry: str) -> dict[str, str]:
    """Return the fields of one entry, read by BibTeX's rule: braces are counted, whatever precedes them."""
    match = re.fullmatch(r"@misc\{([A-Za-z0-9]+),\n(.*)\n\}", entry, re.DOTALL)
    assert match, entry
    fields = {"key": match[1]}
    rest = match[2]
    while rest:
        name, _, rest = rest.strip().partition(" = ")
        depth, value = 0, ""
        for character in rest:
            depth += (character == "{") - (character == "}")
            assert depth >= 0, entry
            if depth == 0 and character == ",":
                break
            value += character
        assert depth == 0, entry
        fields[name] = value.removeprefix("{").removesuffix("}")
        rest = rest[len(value) + 1 :]
    return fields


def test_the_three_formats_of_an_ordinary_essay() -> None:
    make.site(name="Rejoinder", time_zone="Europe/Amsterdam")
    essay = make.essay("Objections and Replies", by=make.author(name="Miriam Achterberg"), published=PUBLISHED)
    text, bibtex, csl = citations(essay)
    url = "http://127.0.0.1:8000/2026/11/30/objections-and-replies/"
    assert text == f"Miriam Achterberg. “Objections and Replies.” Rejoinder, 30 November 2026. {url}"
    key = f"achterberg2026objections{essay.pk}"
    assert parse_bibtex(bibtex) == {
        "key": key, "author": "Achterberg, Miriam", "title": "{Objections and Replies}", "howpublished": "Rejoinder",
        "year": "2026", "month": "nov", "day": "30", "url": url, "language": "en",
    }  # fmt: skip
    assert json.loads(csl) == [
        {
            "id": key, "type": "post-weblog", "title": "Objections and Replies", "container-title": "Rejoinder",
            "author": [{"family": "Achterberg", "given": "Miriam"}], "issued": {"date-parts": [[2026, 11, 30]]},
            "URL": url, "language": "en",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("Anne-Marie O’Neill", "", {"family": "O’Neill", "given": "Anne-Marie"}),
        ("Łukasz Şule", "", {"family": "Şule", "given": "Łukasz"}),
        ("Maria del Mar Ruiz", "", {"literal": "Maria del Mar Ruiz"}),
        ("Nagy Péter", "hu", {"literal": "Nagy Péter"}),
        ("The Editors", "", {"literal": "The Editors"}),
        ("Slow reader", "", {"literal": "Slow reader"}),
        ("سعاد الكردي", "ar", {"literal": "سعاد الكردي"}),
        ("{100% \\ & co_}", "", {"literal": "{100% \\ & co_}"}),
    ],
)
def test_a_name_is_split_only_where_that_is_clear(name: str, language: str, expected: dict[str, str]) -> None:
    _text, bibtex, csl = citations(make.essay("One", by=make.author(name=name), language=language))
    assert json.loads(csl)[0]["author"] == [expected]
    author = parse_bibtex(bibtex)["author"]
    assert ", " in author if "family" in expected else author.startswith("{") and author.endswith("}")


@pytest.mark.parametrize(
    "title", ['Is "It" “So”?', "ما الوعد؟", "{", "}\\{ a_b & 100% #1 $2 ~x^y", "<b>& 'x'\n\ny</b>"]
)
def test_any_title_gives_valid_citations(title: str) -> None:
    text, bibtex, csl = citations(make.essay(title, slug="any"))
    line = " ".join(title.split())
    assert f"“{line}" in text
    assert f"{line}.”" not in text or not line.endswith(("?", "؟"))
    assert json.loads(csl)[0]["title"] == line
    assert "author" not in json.loads(csl)[0]
    found = parse_bibtex(bibtex)["title"].removeprefix("{").removesuffix("}")
    assert len(LITERAL.findall(found)) == len(line)


def test_an_essay_without_a_title_is_cited_without_one() -> None:
    make.essay(slug="any")
    Essay.objects.update(title="")
    text, bibtex, csl = citations(Essay.objects.get())
    assert text.startswith("Rejoinder, ")
    assert "title" not in parse_bibtex(bibtex)
    assert "title" not in json.loads(csl)[0]


def test_several_authors_and_a_text_first_published_elsewhere() -> None:
    essay = make.essay("Both", by=make.author(name="Ada Ott"), canonical="https://elsewhere.example/both_{1}/")
    Authorship.objects.create(essay=essay, author=make.author(name="Bo"), position=1)
    text, bibtex, csl = citations(essay)
    assert text.startswith("Ada Ott and Bo. “Both.” ")
    assert parse_bibtex(bibtex)["author"] == "Ott, Ada and {Bo}"
    assert parse_bibtex(bibtex)["url"] == "https://elsewhere.example/both_%7B1%7D/"
    assert json.loads(csl)[0]["URL"] == essay.canonical


def test_only_published_essays_can_be_cited(client: Client) -> None:
    essay = make.essay()
    address = f"{essay.get_absolute_url()}cite/"
    assert f'href="{address}"' in client.get(essay.get_absolute_url()).content.decode()
    Essay.objects.update(published=None)
    assert client.get(address).status_code == 404
