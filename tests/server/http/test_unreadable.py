"""What nobody's browser sends is refused in words, on a site that is being tried out too."""

from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test import Client

from config.wsgi import application
from server.http.gateway import Gateway
from tests import make
from tests.server.raw_http import call_application

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=[False, True], ids=["in production", "under DEBUG"])
def refused(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.DEBUG = request.param
    monkeypatch.setattr(connection, "close", lambda: None)  # in it stands what the test is undone by

    def sent(**environ: Any) -> tuple[str, bytes]:
        known: dict[str, Any] = {"REQUEST_METHOD": "GET", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"}
        known |= {"HTTP_HOST": "127.0.0.1", "wsgi.url_scheme": "http"} | environ
        status, _, page = call_application(application, **known)
        return str(status), page

    return sent


@pytest.mark.parametrize("charset", ["utf-7", "idna", "zlib_codec", "rot13", '"utf-16', "\xff", "utf-8; charset=idna"])
def test_a_form_in_another_encoding(refused: Any, charset: str) -> None:
    for form in (FORM, "multipart/form-data; boundary=a"):
        status, page = refused(CONTENT_TYPE=f"{form}; charset={charset}", QUERY_STRING="q=a")
        assert status.startswith("400")
        assert b"read your request" in page


def test_a_query_of_thousands(refused: Any) -> None:
    status, page = refused(QUERY_STRING="a=1&" * 2000)
    assert status.startswith("400")
    assert b"read your request" in page


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=rot13", "x; charset=zlib_codec", "a/b; charset*=utf-7'x'y; charset"]
)
def test_what_other_bodies_say_of_their_encoding_goes(kind: str) -> None:
    """Django would read the address by it, before anything of ours."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return []

    call_application(
        Gateway(application),
        CONTENT_TYPE=kind,
        QUERY_STRING="q=%ff",
        REQUEST_METHOD="GET",
        **{"wsgi.url_scheme": "http"},
    )
    assert WSGIRequest(seen).GET["q"] == "\ufffd"


@pytest.mark.both
def test_more_letters_than_a_database_compares() -> None:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    sent = {"login": "a" * 60_000, "password": "a password of some length"}
    assert client.post("/accounts/login/", sent).status_code in {200, 400, 422}
    client.force_login(make.owner())
    for address in ("/admin/comments/queue/?q=", "/admin/blog/essay/?q=", "/admin/blog/image/find/?q=", "/search/?q="):
        assert client.get(address + "a" * 60_000).status_code < 500, address


@pytest.mark.both
def test_a_letter_that_one_database_knows_and_the_other_does_not() -> None:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    for address in (
        "/%00/",
        "/2026/11/25/%00/",
        "/tag/%00/",
        "/author/%00/feed/",
        "/series/%00/",
        "/accounts/with/%00/",
    ):
        assert client.get(address).status_code == 404, address
    client.force_login(make.owner())
    for address in (
        "/admin/blog/image/find/?q=",
        "/admin/comments/queue/?q=",
        "/admin/comments/queue/?status=",
        "/?p=",
    ):
        assert client.get(f"{address}%00").status_code in {200, 400, 404}, address


def test_what_the_stock_admin_does_not_expect() -> None:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.force_login(make.owner())
    assert client.get("/admin/comments/rules/1/change/?_to_field=").status_code == 400
    assert client.post("/admin/blog/redirect/add/", {"old": "/x/", "essay": "\0", "tag": "x"}).status_code == 400


def test_what_strangers_do_wrong(refused: Any) -> None:
    for address in ("/nothing-here/", "/2026/11/24/no-such-essay/", "/tag/none/"):
        status, page = refused(PATH_INFO=address)
        assert status.startswith("404")
        assert b"Page not found" in page
        assert b"DEBUG" not in page
    for wrong in ({"HTTP_HOST": "elsewhere.example"}, {"HTTP_HOST": "a b"}):
        status, page = refused(PATH_INFO="/about/", **wrong)
        assert status.startswith("400")
        assert b"read your request" in page
        assert b"DEBUG" not in page


def test_a_form_of_thousands(refused: Any) -> None:
    body = b"&".join(b"a%d=1" % number for number in range(2000))
    status, page = refused(
        PATH_INFO="/accounts/login/",
        REQUEST_METHOD="POST",
        CONTENT_TYPE=FORM,
        CONTENT_LENGTH=str(len(body)),
        HTTP_SEC_FETCH_SITE="same-origin",
        body=body,
    )
    assert status.startswith("4")
    assert b"read your request" in page
