"""Hostile input in forms and URLs causes no server error, no slow response and no broken page."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time
from urllib.parse import urlencode

import pytest
from django.core import mail

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Wording
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.hostile_inputs import CASES, Case, cases_of
from tests.conftest import RUNS_ALL

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
SECONDS = 1.0


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


@cases_of("body", one_of=3)
def test_text(case: Case, open_essay: Essay, stranger: Browser) -> None:
    page, comment = try_out(case, "text", open_essay, stranger)
    if page.status == 422:
        assert page.by_id("respond-text").get("aria-invalid") == "true"
    if comment:
        with soon():
            assert stranger.get(f"{open_essay.get_absolute_url()}feed/").status_code == 200


@cases_of("name", one_of=2)
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


@cases_of("email", one_of=2)
def test_email_addresses(case: Case, open_essay: Essay, stranger: Browser) -> None:
    page, comment = try_out(case, "email", open_essay, stranger)
    if not comment:
        assert page.by_id("respond-email").get("aria-invalid") == "true"
        return
    assert comment.commenter.email not in page.html


@cases_of("website", one_of=2)
def test_websites(case: Case, open_essay: Essay, stranger: Browser) -> None:
    page, comment = try_out(case, "website", open_essay, stranger)
    if not comment:
        assert page.by_id("respond-website").get("aria-invalid") == "true"
        return
    assert comment.commenter.website.lower().startswith(("http://", "https://"))
    link = page.comment(comment).find(".//bdi/a")
    assert link is not None
    assert link.get("href") == comment.commenter.website


@cases_of("parent")
def test_parents(case: Case, open_essay: Essay, guest: Browser) -> None:
    page = send(guest, open_essay, make.guest_form(parent=case.value))
    assert page.status == (422 if case.value.strip() else 302)
    assert Comment.objects.exists() == (page.status == 302)


@cases_of("?page", one_of=2)
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


@cases_of("?q")
def test_search_terms(case: Case, open_essay: Essay, guest: Browser) -> None:
    query = urlencode({"q": case.value})
    for address in (f"/search/?{query}", f"/?{query}"):
        with soon():
            assert guest.get(address).status_code in {200, 400, 404}


@pytest.mark.once
@cases_of("?next")
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
@cases_of("Host:")
def test_hosts(case: Case, open_essay: Essay) -> None:
    answer = Browser().get(open_essay.get_absolute_url(), HTTP_HOST=case.value)
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@cases_of("X-Forwarded-For:")
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


@cases_of("form", "raw")
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


@cases_of("thread")
def test_an_endless_thread(case: Case, open_essay: Essay, guest: Browser) -> None:
    comment = make.create_thread(open_essay, None, *range(0 if RUNS_ALL else 84))[-1]
    for number in range(99 if RUNS_ALL else 15):
        with soon():
            comment = guest.post_comment(open_essay, text=f"And {number}?", parent=str(comment.pk))
    with soon():
        page = guest.read(open_essay)
    assert len(page.comment_keys) == 100


@cases_of("repeat")
def test_duplicates(case: Case, open_essay: Essay, guest: Browser) -> None:
    assert [guest.submit_comment(open_essay).status for _ in range(2)] == [302, 409]
    assert Comment.objects.count() == Commenter.objects.count() == 1


def test_every_field_of_the_collection_is_tested() -> None:
    tried = {"body", "name", "email", "website", "parent", "?page", "?q", "?next", "Host:", "X-Forwarded-For:"}
    assert {case.field for case in CASES} <= tried | {"form", "raw", "thread", "repeat"}
