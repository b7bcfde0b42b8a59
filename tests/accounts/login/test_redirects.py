"""Redirects after logging in or out never lead to another site."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from blog.models import Essay
from tests import make
from tests.accounts.by_provider import PASSWORD, Browser
from tests.services import provider as demo

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("configured_provider")]
ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "https:evil.example", "http:///evil.example", "javascript:alert(1)", "data:text/html,x", "\thttps://evil.example",
    "/\t/evil.example", "https://127.0.0.1@evil.example/", "https://127.0.0.1.evil.example/", "//evil.example\\@127.0.0.1",
    "https://127.0.0.1%2f@evil.example", "http://evil.example:80#@127.0.0.1/", "%2f%2fevil.example",
]  # fmt: skip
COLLECTION = Path(__file__).resolve().parents[4] / "shared" / "data" / "security" / "open-redirects.jsonl"


def collected() -> list[str]:
    lines = COLLECTION.read_text().splitlines() if COLLECTION.exists() else []
    return [json.loads(line)["payload"] for line in lines]


def stays_here(location: str) -> bool:
    """Parse the URL as browsers do, which read a backslash as a slash and drop control characters."""
    plain = "".join(letter for letter in location if letter > " ").replace("\\", "/")
    parts = urlsplit(plain)
    return parts.netloc in {"", "127.0.0.1", "testserver"} and parts.scheme in {"", "http"} and plain[:2] != "//"


@pytest.fixture
def victim() -> Browser:
    return Browser("203.0.113.5")


@pytest.fixture
def essay() -> Essay:
    return make.essay("Of Forms")


def test_no_request_redirects_to_another_site(victim: Browser, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    make.user("mara", password=PASSWORD)
    for address in ELSEWHERE:
        for place in ("login", "signup", "done"):
            page = victim.get(f"/accounts/{place}/?login=failed&next={quote(address)}").content.decode()
            assert f'href="{address}"' not in page
            assert f'action="{address}"' not in page
        entered = victim.post("/accounts/login/", {"login": "mara", "password": PASSWORD, "next": address})
        assert victim.user
        left = victim.post("/accounts/logout/", {"next": address})
        for answer in (entered, left):
            assert stays_here(answer.headers["Location"]), (address, answer.headers["Location"])


def test_a_logged_in_user_is_not_redirected_to_another_site(victim: Browser) -> None:
    victim.force_login(make.user("mara"))
    for address in ELSEWHERE + collected():
        answer = victim.get(f"/accounts/login/?next={quote(address)}")
        assert stays_here(answer.headers["Location"]), (address, answer.headers["Location"])
    assert victim.get("/accounts/login/?next=/replies/comments/").headers["Location"] == "/replies/comments/"


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_login_with_a_provider_redirects_to_another_site(victim: Browser, essay: Essay, address: str) -> None:
    for path, process in (("/accounts/twitter_oauth2/login/", ""), ("/accounts/twitter_oauth2/login/", "connect")):
        sent = victim.post(path, {"next": address, "process": process} if process else {"next": address})
        answer = victim.finish_login(demo.complete_authorization(sent.headers["Location"]))
        assert stays_here(answer.headers["Location"]), answer.headers["Location"]
    base = essay.get_absolute_url()
    sent = victim.post(f"{base}connect/x/?next={quote(address)}", {"next": address, "parent": address, "text": "x"})
    answer = victim.finish_login(demo.complete_authorization(sent.headers["Location"], deny=True))
    assert answer.headers["Location"].startswith(base)
