"""Hostile input in forms and URLs causes no server error, no slow response and no broken page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from django.core import mail

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Wording
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.conftest import RUNS_ALL
from tests.lists import one_in

pytestmark = pytest.mark.django_db

COLLECTION = Path(__file__).resolve().parents[4] / "shared" / "data" / "security" / "hostile-inputs.jsonl"
FORM = "application/x-www-form-urlencoded"
SECONDS = 1.0


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


ALL = every()


def of(*fields: str, one_of: int = 1) -> pytest.MarkDecorator:
    """Run a test for every case of these fields; those that concern only the parser, on one database.

    `one_of` so many that need not be refused runs by default.
    """
    refused, others = [
        [
            pytest.param(case, id=case.id, marks=[pytest.mark.once] * is_plain_text(case))
            for case in ALL
            if case.field in fields and case.is_refused == is_refused
        ]
        for is_refused in (True, False)
    ]
    return pytest.mark.parametrize("case", [*refused, *one_in(one_of, others)])


def is_plain_text(case: Case) -> bool:
    """Text that every database stores alike and within the shortest limit."""
    is_short = case.field in {"body", "thread"} or len(case.value) < 20
    return is_short and case.value.isascii() and "\0" not in case.value


@contextmanager
def soon() -> Iterator[None]:
    """At most a second of this process's own CPU time, so that a busy machine does not matter."""
    begin = process_time()
    yield
    assert process_time() - begin < SECONDS


@pytest.fixture
def open_essay(essay: Essay) -> Essay:
    make.rules(hold_first_comment=False, hold_links=0)
    return essay


def send(browser: Browser, essay: Essay, body: str | dict[str, str]) -> Page:
    """Encode a form as browsers do, with values that no browser could hold."""
    encoded = body if isinstance(body, str) else urlencode(body, encoding="utf-8", errors="surrogatepass")
    with soon():
        answer = browser.post(f"{essay.get_absolute_url()}respond/", encoded, content_type=FORM)
    page = Page(answer)
    assert page.status in {302, 400, 422}
    if page.status == 422:
        assert page.error_summary.startswith("Your comment wasn’t posted.")
        assert len(page.error_summary) > 60
    elif page.status == 400:
        assert len(page.text) > 40
    return page


def look(browser: Browser, essay: Essay, hostile: Comment, sentinel: Comment) -> Page:
    """Check the page with the comment: fast, complete, and the next comment is in place."""
    with soon():
        answer = browser.get(essay.get_absolute_url())
    page = Page(answer)
    assert page.status == 200
    assert page.comment_keys == [hostile.pk, sentinel.pk]
    assert "And I say this. Reply" in text_of(page.comment(sentinel))
    assert page.find("form[@id='respond']") is not None
    assert page.find("section[@id='comments']") is not None
    for link in page.comment(hostile).iterfind(".//a[@href]"):
        assert str(link.get("href")).startswith(("https://", "http://", "mailto:", "#", "/")), link.attrib
    ours = set(page.comment(hostile).find(".//div[@class='do']").iter())  # type: ignore[union-attr]
    for element in set(page.comment(hostile).iter()) - ours:
        assert element.tag not in {"script", "img", "iframe", "style", "form", "input", "object", "embed"}
        assert not any(name.startswith("on") or name == "style" for name in element.attrib)
    return page


def try_out(case: Case, field: str, essay: Essay, stranger: Browser) -> tuple[Page, Comment | None]:
    page = send(Browser(), essay, make.guest_form(**{field: case.value}))
    if case.is_refused:
        assert page.status in {400, 422}
    if page.status != 302:
        assert not Comment.objects.exists()
        return page, None
    comment = Comment.objects.get()
    Comment.objects.filter(pk=comment.pk).update(status="approved", readable=1)
    essay.discussion.comment_count = essay.discussion.threads = 1
    essay.discussion.save()
    return look(stranger, essay, comment, make.comment(essay, "And I say this.")), comment


@of("body", one_of=3)
def test_text(case: Case, open_essay: Essay, stranger: Browser) -> None:
    page, comment = try_out(case, "text", open_essay, stranger)
    if page.status == 422:
        assert page.by_id("respond-text").get("aria-invalid") == "true"
    if comment:
        with soon():
            assert stranger.get(f"{open_essay.get_absolute_url()}feed/").status_code == 200


@of("name", one_of=2)
def test_names(case: Case, open_essay: Essay, stranger: Browser) -> None:
    make.moderator("mara")
    page, comment = try_out(case, "name", open_essay, stranger)
    if not comment:
        assert page.by_id("respond-name").get("aria-invalid") == "true"
        return
    kept = comment.commenter.name
    assert kept.isprintable()
    assert kept in text_of(page.comment(comment))
    assert page.find("*[@class='role']") is None
    with soon():
        assert stranger.get(f"{open_essay.get_absolute_url()}?replyto={comment.pk}").status_code == 200
    run_ready_jobs()
    for message in mail.outbox:
        assert set(message.recipients()) <= {"mara@example.org", "miriam@example.org"}
        assert message.message()["Bcc"] is None
    if case.id.startswith("imperson"):
        assert {"office", "name"} & {reason["code"] for reason in Wording.objects.get(comment=comment).reasons}


@of("email", one_of=2)
def test_email_addresses(case: Case, open_essay: Essay, stranger: Browser) -> None:
    page, comment = try_out(case, "email", open_essay, stranger)
    if not comment:
        assert page.by_id("respond-email").get("aria-invalid") == "true"
        return
    assert comment.commenter.email not in page.html


@of("website", one_of=2)
def test_websites(case: Case, open_essay: Essay, stranger: Browser) -> None:
    page, comment = try_out(case, "website", open_essay, stranger)
    if not comment:
        assert page.by_id("respond-website").get("aria-invalid") == "true"
        return
    assert comment.commenter.website.lower().startswith(("http://", "https://"))
    link = page.comment(comment).find(".//bdi/a")
    assert link is not None
    assert link.get("href") == comment.commenter.website


@of("parent")
def test_parents(case: Case, open_essay: Essay, guest: Browser) -> None:
    page = send(guest, open_essay, make.guest_form(parent=case.value))
    assert page.status == (422 if case.value.strip() else 302)
    assert Comment.objects.exists() == (page.status == 302)


@of("?page", one_of=2)
def test_numbers_of_pages(case: Case, open_essay: Essay, guest: Browser) -> None:
    make.comment(open_essay)
    owner = Browser(make.owner())
    query = urlencode({"page": case.value}, errors="surrogatepass")
    here = open_essay.get_absolute_url()
    for browser, address in [
        (guest, f"/?{query}"),
        (guest, f"/tag/none/?{query}"),
        (guest, f"{here}?c{query}"),
        (guest, f"{here}?{query.replace('page', 'replyto')}"),
        (guest, f"{here}?{query.replace('page', 'key')}"),
        (guest, f"/?{query.replace('page', 'p')}"),
        (owner, f"/admin/comments/queue/?{query}"),
        (owner, f"/admin/comments/queue/?{query.replace('page', 'per_page')}"),
    ]:
        with soon():
            assert browser.get(address).status_code in {200, 404}, address


@of("?q")
def test_search_terms(case: Case, open_essay: Essay, guest: Browser) -> None:
    query = urlencode({"q": case.value})
    for address in (f"/search/?{query}", f"/?{query}"):
        with soon():
            assert guest.get(address).status_code in {200, 400, 404}


@pytest.mark.once
@of("?next")
def test_redirects_after_login(case: Case, db: None) -> None:
    make.user("reader", password="a password of some length")
    sent = {"login": "reader", "password": "a password of some length", "next": case.value}
    with soon():
        answer = Browser().post(f"/accounts/login/?{urlencode({'next': case.value})}", sent)
    assert answer.status_code == 302
    target = answer.headers["Location"]
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert "\n" not in target


@pytest.mark.once
@of("Host:")
def test_hosts(case: Case, open_essay: Essay) -> None:
    answer = Browser().get(open_essay.get_absolute_url(), HTTP_HOST=case.value)
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@of("X-Forwarded-For:")
def test_untrusted_forwarded_headers(case: Case, open_essay: Essay) -> None:
    make.rules(flood_seconds=15)
    for name, status in (("One", 302), ("Two", 429)):
        answer = Browser().post(
            f"{open_essay.get_absolute_url()}respond/",
            make.guest_form(name=name, email=f"{name}@e.example"),
            HTTP_X_FORWARDED_FOR=f"{name}.{case.value}",
        )
        assert answer.status_code == status
    assert Wording.objects.get().network == "203.0.113.0/24"


@of("form", "raw")
def test_forms_that_no_browser_sends(case: Case, open_essay: Essay, guest: Browser) -> None:
    page = send(guest, open_essay, case.value.replace("body=", "text="))
    if case.is_refused:
        assert page.status in {400, 422}
        assert not Comment.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"text": "x"}'),
        ("text/plain", "text=x"),
        ("", "text=x"),
        ("multipart/form-data; boundary=a", '--a\r\nContent-Disposition: form-data; name="text"\r\n\r\nx'),
        ("multipart/form-data", "--a\r\n"),
        ("multipart/form-data; boundary=\xff", "--a\r\n"),
        ("application/x-www-form-urlencoded; charset=utf-7", "text=x"),
        ("application/x-www-form-urlencoded; charset=nonsense", "text=x"),
    ],
)
def test_a_body_of_another_kind(open_essay: Essay, guest: Browser, kind: str, body: str) -> None:
    address = f"{open_essay.get_absolute_url()}respond/"
    answer = guest.generic("POST", address, body.encode("latin-1"), content_type=kind)
    assert answer.status_code in {400, 415, 422}
    assert not Comment.objects.exists()


@of("thread")
def test_an_endless_thread(case: Case, open_essay: Essay, guest: Browser) -> None:
    comment = make.create_thread(open_essay, None, *range(0 if RUNS_ALL else 84))[-1]
    for number in range(99 if RUNS_ALL else 15):
        with soon():
            comment = guest.post_comment(open_essay, text=f"And {number}?", parent=str(comment.pk))
    with soon():
        page = guest.read(open_essay)
    assert len(page.comment_keys) == 100


@of("repeat")
def test_duplicates(case: Case, open_essay: Essay, guest: Browser) -> None:
    assert [guest.submit_comment(open_essay).status for _ in range(2)] == [302, 409]
    assert Comment.objects.count() == Commenter.objects.count() == 1


def test_every_field_of_the_collection_is_tested() -> None:
    tried = {"body", "name", "email", "website", "parent", "?page", "?q", "?next", "Host:", "X-Forwarded-For:"}
    assert {case.field for case in ALL} <= tried | {"form", "raw", "thread", "repeat"}
