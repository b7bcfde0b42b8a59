"""Every address of the site, by every method, with junk in path, query and body, from everybody: never a server error."""

import gc
from collections.abc import Callable, Iterator
from itertools import cycle
from time import process_time
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver

from blog.models import Essay
from comments.models import Appeal, Comment, Report, Rule
from tests import make
from tests.conftest import RUNS_ALL

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SECONDS = 1.5  # of this process's own time; the goal is 1
FORM = "application/x-www-form-urlencoded"
ODD = (
    "9" * 30, "-1", "2147483648", "9223372036854775808", "٣", "1.5", "1e400", "nan", "0x1f", "\0", "\x1b]0;x\x07",
    "\u202eabc", "z\u0351\u0369\u033b" * 40, "%s%n%x", "{{ 7 }}{% debug %}", "'; DROP TABLE blog_essay--", "a" * 8000,
    "<script>alert(1)</script>", "../../etc/passwd", "\r\nSet-Cookie: a=b", "\ufffe\ufeff", "[]", "null", "", " ", "//evil.example",
    "0001-01-01", "9999-12-31 23:59", "2026-13-45", "1,2,x", "__proto__", "(((\"a* NEAR", "\N{PILE OF POO}" * 50,
)  # fmt: skip
RAW = ("%00", "%ff%fe", "%ED%A0%80", "%F4%90%80%80", "%c3%28", "%zz", "%", "%2e%2e%2f", "%0d%0aX:%20y", "+", "&&=&=")
NAMES = (
    "page", "after", "before", "p", "per_page", "q", "cpage", "order", "replyto", "key", "next", "status", "reason", "essay", "person", "age",
    "who", "verb", "by", "since", "until", "words", "seen", "after", "do", "o", "e", "all", "_to_field", "_popup", "id", "pk__in",
    "id__exact", "term", "app_label", "model_name", "field_name", "left", "right", "year", "month", "process", "code", "state", "lang",
)  # fmt: skip
FIELDS = (
    "text", "parent", "name", "email", "website", "remember", "as", "like", "action", "comment", "decision", "why", "told", "reason",
    "kind", "days", "until", "network", "login", "password", "next", "title", "body", "excerpt", "slug", "published_0", "published_1",
    "changed", "base", "html", "token", "which", "left", "right", "pk", "note", "sentence", "hold_at", "mark_at", "_save",
    "_selected_action", "index", "conditions", "essay", "old", "old_path", "alt", "code", "id", "credential", "provider", "label", "days",
    "form-TOTAL_FORMS", "form-INITIAL_FORMS", "discussion-TOTAL_FORMS", "discussion-INITIAL_FORMS", "authorships-TOTAL_FORMS",
    "form-0-id", "notify_replies", "notify_essays", "version", "stamp", "tags", "series", "user", "address", "every",
)  # fmt: skip
PEOPLE: dict[str, Callable[[], Any]] = {
    "nobody": lambda: None, "person": make.user, "author": make.author, "moderator": make.moderator, "owner": make.owner,
}  # fmt: skip
PARTS, ROUNDS = (24, 5) if RUNS_ALL else (1, 1)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


def addresses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every one as a path in which `{name}` stands for what is asked for, with the converters of those."""
    open_: list[tuple[Any, str, dict[str, Any]]] = [(get_resolver(), "/", {})]
    while open_:
        at, path, asked = open_.pop()
        for pattern in at.url_patterns:
            text = str(pattern.pattern)
            found = dict(pattern.pattern.converters)
            if hasattr(pattern.pattern, "_route"):
                for name in found:
                    start = text.find("<", 0)
                    end = text.find(">", start)
                    text = f"{text[:start]}{{{name}}}{text[end + 1 :]}"
            else:
                text, found = text.lstrip("^").replace("(?P<provider_id>[^/]+)", "lab").rstrip("$"), {}
                text = "".join(c for c in text if c not in "()?<>|\\.*+!:[]^")
            if isinstance(pattern, URLResolver):
                open_.append((pattern, path + text, asked | found))
            elif isinstance(pattern, URLPattern):
                yield path + text, asked | found


@pytest.fixture
def there() -> dict[str, Any]:
    """One of most things, and what stands for each in an address."""
    make.rules(hold_first_comment=False)
    make.site(name="The Site")
    author = make.author("wanda")
    essay = make.essay("Of Junk", by=author)
    shown = make.comment(essay, "Words")
    held = make.comment(essay, "Held", status="trash")
    Report.objects.create(comment=shown, kind="spam", text="x")
    Appeal.objects.create(comment=held, text="x")
    Rule.objects.create(name="R", action="hold")
    day = essay.dated or essay.created
    return {
        "pk": shown.pk, "slug": essay.slug, "year": f"{day.year}", "month": f"{day.month:02}", "day": f"{day.day:02}",
        "which": essay.pk, "object_id": "1", "id": "1", "username": "wanda", "kind": "json", "content_type_id": "1",
        "provider": "facebook", "token": "x:y:z", "path": "essays", "name": "a.webp",
    }  # fmt: skip


@pytest.fixture
def people() -> dict[str, Client]:
    found = {}
    for name, made in PEOPLE.items():
        client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"}, raise_request_exception=True)
        user = made()
        if user:
            client.force_login(user)
        found[name] = client
    return found


@pytest.fixture
def _no_pauses() -> Iterator[None]:
    """What all of these leave behind is no part of any one's time."""
    gc.disable()
    yield
    gc.enable()


def bodies(at: int) -> tuple[bytes, str]:
    """What a form might send, ordered by what is wrong with it."""
    odd = {name: ODD[(at + number) % len(ODD)] for number, name in enumerate(FIELDS)}
    plain = "&".join(f"{name}={quote(value)}" for name, value in odd.items()).encode()
    raw = "&".join(f"{name}={RAW[(at + number) % len(RAW)]}" for number, name in enumerate(FIELDS)).encode()
    files = {name: SimpleUploadedFile(f"{value[:40]}.png", b"\x89PNG\r\n") for name, value in [*odd.items()][:4]}
    parts = encode_multipart(BOUNDARY, odd | {"file": SimpleUploadedFile("a.docx", b"PK\3\4")} | files)
    kinds: tuple[tuple[bytes, str], ...] = (
        (b"", FORM),
        (plain, FORM),
        (raw, FORM),
        (plain + b"&" + plain, FORM),
        (parts, MULTIPART_CONTENT),
        (parts[: len(parts) // 2], MULTIPART_CONTENT),
        (parts, "multipart/form-data"),
        (b"\xff\xfe{", "application/json"),
        (b'{"text": [1, {}], "body": null}', "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"&".join(b"f%d=" % number for number in range(10_000)), FORM),
        (plain, "application/x-www-form-urlencoded; charset=utf-16"),
        (b"<a/>", "text/xml"),
    )
    return kinds[at % len(kinds)]


def query(at: int) -> str:
    odd = "&".join(f"{name}={quote(ODD[(at + number) % len(ODD)][:300])}" for number, name in enumerate(NAMES))
    return (
        "",
        odd,
        "&".join(f"{name}={RAW[(at + number) % len(RAW)]}" for number, name in enumerate(NAMES)),
        "a=1&" * 1500,
    )[at % 4]


def paths(at: int, path: str, asked: dict[str, Any], there: dict[str, Any]) -> str:
    """As it should be, or with junk for a part of it that may be anything."""
    filled = {name: quote(str(there.get(name, "1"))) for name in asked}
    if asked and at % 3:
        name = [*asked][at % len(asked)]
        filled[name] = RAW[at % len(RAW)] if at % 2 else quote(ODD[at % len(ODD)][:500])
    for name, value in filled.items():
        path = path.replace(f"{{{name}}}", value)
    return path


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_that_is_sent_to_any_address_breaks_it(
    people: dict[str, Client], there: dict[str, Any], part: int
) -> None:
    """By default each address gets one of all these, its neighbours others, and of the stock admin every fourth page."""
    everything = [(who, method) for who in PEOPLE for method in METHODS]
    usual = [("owner", "GET"), ("owner", "POST"), ("nobody", "GET"), ("author", "POST"), ("moderator", "POST")]
    by_turns = cycle([each for odd in everything for each in (odd, usual[len(odd[1]) % len(usual)])])
    wrong, at = [], 0
    for number, (path, asked) in enumerate([*addresses()][part::PARTS]):
        if "object_id" in asked and number % 4 and not RUNS_ALL:
            continue
        for who, method in everything * ROUNDS if RUNS_ALL else [next(by_turns)]:
            at += 1
            if at % 500 == 0:
                gc.collect()
            wrong += tried(people[who], who, method, paths(at, path, asked, there), query(at // 2), bodies(at))
    assert not wrong, "\n".join(wrong)
    assert (Essay.objects.count(), Comment.objects.count()) == (1, 2)


def tried(client: Client, who: str, method: str, path: str, asked: str, sent: tuple[bytes, str]) -> list[str]:
    body, kind = sent if method in {"POST", "PUT", "PATCH"} else (b"", FORM)
    place = f"{path}?{asked}" if asked else path
    said = f"{who} {method} {place[:300]} {kind} {body[:60]!r}"
    jar = dict(client.cookies)
    begin = process_time()
    with transaction.atomic():
        try:
            answer = client.generic(method, path, body, content_type=kind, QUERY_STRING=asked)
            status = answer.status_code
            _ = b"".join(answer) if answer.streaming else answer.content
        except Exception as error:
            return [f"{said}: {type(error).__name__}: {str(error)[:300]}"]
        finally:
            transaction.set_rollback(True)
            client.cookies.clear()
            client.cookies.update(jar)
    took = process_time() - begin
    return [f"{said}: {status} in {took:.2f} s"] * (status >= 500 or took > SECONDS)
