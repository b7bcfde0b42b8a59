"""Who may write: every answer to where a request comes from, by the door of the pages that take one."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.views.decorators.csrf import csrf_exempt

from server.http.middleware import OriginMiddleware
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COMMENT = "/2026/11/24/nothing-of-that-name/respond/"
LIKE = "/2026/11/24/nothing-of-that-name/like/"
HOST = "127.0.0.1:8000"
OURS = f"http://{HOST}"
OTHER = ["https://evil.example", "http://127.0.0.1:9000", "http://localhost:8001", "null", "", f"{OURS}.evil.example"]

PASSES, PASSES_UNVERIFIED, REFUSED = "passes", "passes unproved", "refused"


def sent(path: str, *, session: bool = False, method: str = "POST", **headers: str) -> str:
    client = Client(enforce_csrf_checks=True, headers={"host": HOST})
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = "made-up"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.generic(method, path, headers=named)
    if response.status_code == 403:
        assert "We couldn’t verify where this form came from" in response.content.decode()
        return REFUSED
    return PASSES if response.wsgi_request.is_origin_verified else PASSES_UNVERIFIED  # type: ignore[attr-defined]


def table() -> list[Any]:
    """What is sent, with which headers, and what becomes of it."""
    rows: list[Any] = []
    for path in (COMMENT, LIKE):
        for session in (False, True):
            for origin in ({}, {"origin": OURS}, *({"origin": other} for other in OTHER)):
                rows.append((path, session, {"sec_fetch_site": "same-origin", **origin}, PASSES))
                rows += [
                    (path, session, {"sec_fetch_site": site, **origin}, REFUSED)
                    for site in ("cross-site", "same-site", "something-new", "", "same-origin, cross-site")
                ]
            silent = PASSES_UNVERIFIED if path is COMMENT and not session else REFUSED
            for absent in ({}, {"sec_fetch_site": "none"}):
                rows.append((path, session, absent, silent))
                rows.append((path, session, {"origin": OURS, **absent}, PASSES))
                rows += [(path, session, {"origin": other, **absent}, REFUSED) for other in OTHER]
    return rows


@pytest.mark.parametrize(("path", "session", "headers", "outcome"), table())
def test_what_a_browser_says_of_itself_decides(path: str, session: bool, headers: dict[str, str], outcome: str) -> None:
    assert sent(path, session=session, **headers) == outcome


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_only_posting_a_comment_is_open_to_strangers(method: str) -> None:
    assert sent(COMMENT, method=method) == REFUSED
    assert sent(COMMENT, method=method, sec_fetch_site="same-origin") == PASSES


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_nobodys_business(method: str) -> None:
    assert sent("/", method=method, sec_fetch_site="cross-site", origin="https://evil.example") != REFUSED


def test_a_browser_that_says_nothing_needs_the_token() -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": HOST})
    page = client.get("/accounts/login/")
    (token,) = {*re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())}
    assert client.post("/accounts/login/", {"login": "nobody"}).status_code == 403
    assert client.post("/accounts/login/", {"login": "nobody", "csrfmiddlewaretoken": "a" * 64}).status_code == 403
    answer = client.post("/accounts/login/", {"login": "nobody", "csrfmiddlewaretoken": token})
    assert answer.status_code == 200
    assert answer.wsgi_request.is_origin_verified  # type: ignore[attr-defined]


def test_the_admins_own_check_is_content_without_a_token() -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": HOST})
    client.force_login(make.owner())
    address, filled = "/admin/auth/group/add/", {"name": "Proofreaders"}
    assert client.post(address, filled, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(address, filled).status_code == 403
    assert client.post(address, filled, headers={"sec-fetch-site": "same-origin"}).status_code == 302


def test_views_that_opted_out_are_left_alone() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    request = RequestFactory().post("/", headers={"sec-fetch-site": "cross-site"})
    middleware = OriginMiddleware(view)
    middleware.process_request(request)
    assert middleware.process_view(request, csrf_exempt(view), (), {}) is None
    assert middleware.process_view(request, view, (), {}) is not None
