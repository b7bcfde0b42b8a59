"""Hostile inputs for each field of a form or URL: samples, and a collection where it is installed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lists import one_in

COLLECTION = Path(__file__).resolve().parents[3] / "shared" / "data" / "security" / "hostile-inputs.jsonl"


class Case(NamedTuple):
    id: str
    field: str
    value: str
    is_refused: bool = False  # it must be; else it may be taken or refused


OWN = [
    # text: nesting
    Case("quotes in quotes", "body", "> " * 2000 + "x"),
    Case("lists in lists", "body", "\n".join(f"{' ' * 2 * level}- x" for level in range(300))),
    Case("lists and quotes by turns", "body", "> - " * 1500 + "x"),
    Case("numbers of lists", "body", "1. " * 3000 + "x"),
    Case("tags never closed", "body", "<i><q><cite>" * 2500),
    Case("tags closed that were not opened", "body", "</q></i></li></ol>" * 2500),
    Case("tags crossed", "body", "<b><i></b></i>" * 3000),
    Case("unknown tags", "body", "<x-y><div><table>" * 2500),
    Case("links in links", "body", "<a href=http://e.example/>" * 2000),
    Case("brackets open", "body", "[" * 30_000),
    Case("brackets and parentheses", "body", "[a](" * 10_000),
    Case("pictures in pictures", "body", "![" * 15_000),
    # text: what parsers go back and forth over
    Case("stars", "body", "*a " * 16_000),
    Case("stars and underscores", "body", "*_" * 16_000 + "a"),
    Case("stars on both sides", "body", "a**b" + "c* " * 12_000),
    Case("backquotes of every length", "body", "".join("`" * n + "x" for n in range(1, 330))),
    Case("tildes", "body", "~~a" * 16_000),
    Case("backslashes", "body", "\\" * 60_000),
    Case("entities", "body", "&#x41;&amp;&nbsp;&" * 3000),
    Case("entities without an end", "body", "&#" + "1" * 50_000),
    Case("references", "body", "[a]: http://e.example/\n" * 1000 + "[a]" * 5000),
    Case("comments", "body", "<!-- a -- b " * 5000),
    Case("instructions and declarations", "body", "<?<!A<![CDATA[" * 4000),
    Case("attributes", "body", "<a " + "href='x' " * 6000 + ">"),
    Case("a quote mark that opens", "body", "<a href=\"" + "x" * 60_000),
    Case("mail addresses", "body", "a@e.example " * 4000),
    Case("half an address", "body", "http://" * 8000),
    Case("www", "body", "www." * 15_000),
    Case("an address with every sign", "body", "http://e.example/" + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" * 1000),
    Case("pipes", "body", "|a" * 20_000 + "\n" + "|-" * 10_000),
    Case("hash signs", "body", "#" * 60_000),
    Case("lines of dashes", "body", "-\n" * 30_000),
    Case("tabs", "body", "\t" * 20_000 + "x"),
    Case("carriage returns", "body", "a\r" * 20_000),
    # text: what is not seen, or seen elsewhere
    Case("right to left overrides", "body", "\u202e\u2067a" * 5000),
    Case("marks on marks", "body", "e" + "\u0301" * 20_000),
    Case("an eye of many joiners", "body", "\U0001f441\u200d" * 8000),
    Case("variation selectors", "body", "a\ufe0f" * 10_000),
    Case("private letters", "body", "\ue000\U0010fff0\U0010ffff" * 3000),
    Case("halves of a pair", "body", "a\ud83d \ude00 b"),
    Case("NUL and its kin", "body", "\x00\x01\x7f\x80\x9f\ufeff\ufffe x"),
    Case("nothing to see", "body", "\u200b\u2060\u00ad\ufeff\u3164", is_refused=True),
    Case("markup round nothing", "body", "<b><i></i></b><br>", is_refused=True),
    Case("what stands for nothing", "body", "&nbsp;&#8203;&shy;", is_refused=True),
    Case("two megabytes", "body", "long " * 400_000, is_refused=True),
    # who
    Case("a name of marks", "name", "\u0301" * 100, is_refused=True),
    Case("a name of one letter many times", "name", "ñ" * 123, is_refused=True),
    Case("a name of two megabytes", "name", "n" * 2_000_000, is_refused=True),
    Case("a name in two directions", "name", "\u202eanna\u202c karg"),
    Case("a name of half a pair", "name", "a\udc00b"),
    Case("a name of a template", "name", "{{ settings.SECRET_KEY }}{% debug %}%(name)s%d"),
    Case("a name of markup", "name", "</bdi></article><script>alert(1)</script>"),
    Case("a name of a comment", "name", "<!--marks--><!--actions-->"),
    Case("a name of several headers", "name", "Anna\r\nBcc: x@e.example\r\n\r\nHello"),
    Case("an address of two megabytes", "email", "a" * 2_000_000 + "@e.example", is_refused=True),
    Case("an address of many ats", "email", "@" * 90, is_refused=True),
    Case("an address of dots", "email", "a@" + "." * 90, is_refused=True),
    Case("an address with a NUL", "email", "a\x00b@e.example"),
    Case("an address with a name", "email", "Anna <a@e.example>", is_refused=True),
    Case("an address in another script", "email", "анна@пример.рф"),
    Case("a website of two megabytes", "website", "https://e.example/" + "x" * 2_000_000, is_refused=True),
    Case("a website that is none", "website", "http://[::1", is_refused=True),
    Case("a website with a port too high", "website", "http://e.example:99999999/"),
    Case("a website of a scheme in disguise", "website", "java\u200bscript:alert(1)", is_refused=True),
    Case("a website of a scheme with a line", "website", "javascript\n://e.example/", is_refused=True),
    Case("a website of markup", "website", "https://e.example/<script>alert(1)</script>"),
    Case("a website with a half pair", "website", "https://e.example/\ud800"),
    Case("a website of somebody", "website", "https://user:password@e.example/"),
    # what is answered
    Case("a parent of digits", "parent", "1" * 20_000, is_refused=True),
    Case("a parent in another script", "parent", "१२", is_refused=True),
    Case("a parent of signs", "parent", "+1_0", is_refused=True),
    Case("a parent with a space", "parent", "1 2", is_refused=True),
    Case("a parent as a list", "parent", "[1]", is_refused=True),
    # where
    Case("a page of digits", "?page", "1" * 20_000),
    Case("a page in another script", "?page", "٢"),
    Case("a page of half a pair", "?page", "\ud800"),
    Case("a page of SQL", "?page", "1; DROP TABLE comments_comment"),
    Case("words to search for", "?q", "((((\"a* NEAR b" * 500),
    Case("a way on to elsewhere", "?next", "///evil.example"),
    Case("a way on by backslashes", "?next", "\\\\evil.example"),
    Case("a way on with a line", "?next", "/\r\nSet-Cookie: a=b"),
    Case("a way on with a NUL", "?next", "/\x00//evil.example"),
    Case("a way on of a scheme", "?next", "data:text/html,x"),
    Case("another host", "Host:", "evil.example:8000"),
    Case("a host with a path", "Host:", "testserver/evil"),
    Case("a host of digits", "Host:", "9" * 5000),
    Case("an address that a stranger tells", "X-Forwarded-For:", "192.0.2.1, 127.0.0.1"),
    Case("too many fields", "form", "text=x&" * 1500, is_refused=True),
    Case("percent signs", "raw", "text=%&name=%zz&email=%u0041"),
    Case("bytes of no letters", "raw", "text=%c3%28%f0%9f&name=%ff&email=%fe%40e.example"),
    Case("keys twice", "raw", "text=a&text=b&parent=1&parent=&name=c&name=d&email=e@e.example"),
    Case("each answers the last", "thread", "a hundred times"),
    Case("the same again", "repeat", "twice"),
    Case("brackets in keys", "raw", "text[]=a&text[0]=b&__proto__=c&constructor=d"),
]  # fmt: skip

# Values of the collection that must be rejected.
REFUSED = "400 with a message"


def collection() -> Iterator[Case]:
    if not COLLECTION.exists():
        return
    for line in COLLECTION.read_text().splitlines():
        case = json.loads(line)
        value = "".join(text * times for text, times in case["parts"])
        yield Case(case["id"], case["field"], value, case["expect"].startswith(REFUSED))


def every() -> list[Case]:
    given = list(collection())
    is_told = {case.field for case in given} & {"thread"}  # a hundred posts each, and all alike
    return [case for case in OWN if case.field not in is_told] + given


CASES = every()


def cases_of(*fields: str, one_of: int = 1) -> pytest.MarkDecorator:
    """Run a test for every case of these fields; those that concern only the parser, on one database.

    `one_of` so many that need not be refused runs by default.
    """
    refused, others = [
        [
            pytest.param(case, id=case.id, marks=[pytest.mark.once] * is_plain_text(case))
            for case in CASES
            if case.field in fields and case.is_refused == is_refused
        ]
        for is_refused in (True, False)
    ]
    return pytest.mark.parametrize("case", [*refused, *one_in(one_of, others)])


def is_plain_text(case: Case) -> bool:
    """Text that every database stores alike and within the shortest limit."""
    is_short = case.field in {"body", "thread"} or len(case.value) < 20
    return is_short and case.value.isascii() and "\0" not in case.value
