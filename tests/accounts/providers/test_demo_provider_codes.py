"""The demo provider's codes and tokens: each service accepts and refuses the same as the real one."""

import time
from urllib.parse import urlsplit

import pytest

from tests.accounts.service_client import (
    BASIC,
    CALLBACK,
    VERIFIER,
    X_SCOPE,
    ServiceClient,
    callback_parameters,
    send_request,
)
from tests.services.provider import Demo, complete_authorization

# The authorization request


def test_the_redirect_contains_a_code_and_the_same_state(service: ServiceClient) -> None:
    given = callback_parameters(complete_authorization(service.authorization_url()))
    assert given["state"] == "a state & more"
    assert given.keys() == {"code", "state"}
    assert (
        "state" not in callback_parameters(complete_authorization(service.authorization_url(state="")))
        if service.key != "x"
        else True
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://example.org/back/"},
        {"redirect_uri": "http://127.0.0.1.example.org/"},
        {"redirect_uri": "http://127.0.0.1@example.org/"},
        {"redirect_uri": "javascript://localhost/%0aalert(1)"},
        {"redirect_uri": ""},
    ],
)
def test_an_untrusted_site_gets_an_error_page_and_no_redirect(service: ServiceClient, changes: dict[str, str]) -> None:
    for method, form in (("GET", None), ("POST", {"person": "maralindqvist"})):
        reply = send_request(method, service.authorization_url(**changes), form)
        assert reply.status == 400
        assert "location" not in reply.headers
        assert "This login can’t start".encode() in reply.body


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "unheard"}, "invalid_scope"),
    ],
)
def test_an_invalid_authorization_request_is_refused(
    service: ServiceClient, changes: dict[str, str], error: str
) -> None:
    reply = send_request("GET", service.authorization_url(**changes))
    if service.key == "oidc":  # redirects with an error
        assert callback_parameters(reply.headers["location"]) == {"error": error, "state": "a state & more"}
    else:
        assert reply.status == 400
        assert "This login can’t start".encode() in reply.body


def test_x_requires_a_challenge_a_state_and_a_scope(x: ServiceClient) -> None:
    for name in ("code_challenge", "state", "scope"):
        assert send_request("GET", x.authorization_url(**{name: ""})).status == 400
    assert send_request("GET", x.authorization_url(state="s" * 501)).status == 400
    assert send_request("GET", x.authorization_url(state="s" * 500)).status == 200


def test_facebook_needs_no_response_type_and_separates_scopes_by_commas(facebook: ServiceClient) -> None:
    reply = send_request("GET", facebook.authorization_url(response_type="", scope="email,user_link"))
    assert reply.status == 200
    page = reply.body.decode()
    assert all(words in page for words in ("your name and picture", "your email address", "link to your profile"))


def test_facebook_appends_its_fragment_to_the_redirect(facebook: ServiceClient) -> None:
    assert urlsplit(complete_authorization(facebook.authorization_url())).fragment == "_=_"
    assert urlsplit(complete_authorization(facebook.authorization_url(), deny=True)).fragment == "_=_"


def test_denial_redirects_with_an_error(service: ServiceClient) -> None:
    given = callback_parameters(complete_authorization(service.authorization_url(), deny=True))
    assert given.pop("error") == "access_denied"
    assert given.pop("state") == "a state & more"
    words = {"error_code": "200", "error_description": "Permissions error", "error_reason": "user_denied"}
    assert given == (words if service.key == "facebook" else {})


# The code


def test_a_code_works_once(service: ServiceClient) -> None:
    code = service.code()
    assert service.exchange(code).status == 200
    assert service.exchange(code).status == 400


def test_a_code_expires_after_a_minute(service: ServiceClient, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    early, late = service.code(), service.code()
    now = time.monotonic()
    monkeypatch.setattr(demo.grants, "clock", lambda: now + 59)
    assert service.exchange(early).status == 200
    monkeypatch.setattr(demo.grants, "clock", lambda: now + 61)
    assert service.exchange(late).status == 400


def test_a_code_of_one_service_is_invalid_at_another(x: ServiceClient, oidc: ServiceClient) -> None:
    assert oidc.exchange(x.code()).json == {"error": "invalid_grant"}
    assert oidc.profile(x.token_of()).status == 401


def test_a_wrong_verifier_redirect_uri_client_or_secret_is_refused(service: ServiceClient) -> None:
    for change in (
        {"code_verifier": VERIFIER[::-1]},
        {"redirect_uri": CALLBACK + "x"},
        {"client_id": "other"},
        {"client_secret": "guessed"},
        {"code": "none-of-ours"},
    ):
        reply = service.exchange(service.code(), **change)
        assert reply.status in {400, 401}, change
        assert "error" in reply.json
    assert service.exchange(service.code(), without="code_verifier").status == 400
    assert service.exchange(service.code()).status == 200


def test_x_returns_its_own_error_messages(x: ServiceClient) -> None:
    form = {"grant_type": "authorization_code", "code": x.code(), "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    without_basic = send_request("POST", x(x.token), {**form, "client_id": "demo", "client_secret": "demo"})
    assert without_basic.status == 401
    words = {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}
    assert without_basic.json == words == x.exchange(x.code(), client_secret="guessed").json
    used = x.code()
    x.exchange(used)
    invalid = "Value passed for the authorization code was invalid."
    assert x.exchange(used).json == {"error": "invalid_request", "error_description": invalid}
    missing = "Missing required parameter [code_verifier]."
    assert x.exchange(x.code(), without="code_verifier").json["error_description"] == missing
    as_json = {**BASIC, "Content-Type": "application/json"}
    assert (
        send_request("POST", x(x.token), None, as_json).json["error_description"]
        == "Missing required parameter [grant_type]."
    )
    assert x.exchange(x.code(), method="GET").status == 405


def test_x_returns_a_bearer_token_for_two_hours(x: ServiceClient) -> None:
    answer = x.exchange(x.code()).json
    assert answer.pop("access_token")
    assert answer == {"token_type": "bearer", "expires_in": 7200, "scope": X_SCOPE}
    assert "refresh_token" in x.exchange(x.code(scope=f"{X_SCOPE} offline.access")).json


def test_facebook_accepts_a_code_by_get_and_by_post(facebook: ServiceClient) -> None:
    for method in ("GET", "POST"):
        answer = facebook.exchange(facebook.code(), method=method).json
        assert answer["token_type"] == "bearer"
        assert answer["expires_in"] > 5_000_000
        assert answer.keys() == {"access_token", "token_type", "expires_in"}


def test_facebook_returns_errors_in_the_format_of_the_graph_api(facebook: ServiceClient) -> None:
    used = facebook.code()
    facebook.exchange(used)
    error = facebook.exchange(used).json["error"]
    assert error.pop("fbtrace_id")
    words = "This authorization code has been used."
    assert error == {"message": words, "type": "OAuthException", "code": 100, "error_subcode": 36009}
    codes = {
        "client_id": (101, None),
        "client_secret": (1, None),
        "redirect_uri": (100, 36008),
        "code": (100, 36009),
        "code_verifier": (1, None),
    }
    for name, (code, subcode) in codes.items():
        error = facebook.exchange(facebook.code(), **{name: "another"}).json["error"]
        assert (error["code"], error.get("error_subcode")) == (code, subcode), name
    plain = facebook.code(code_challenge="", code_challenge_method="")
    assert "without a code_challenge" in facebook.exchange(plain).json["error"]["message"]
    plain = facebook.code(code_challenge="", code_challenge_method="")
    assert facebook.exchange(plain, without="code_verifier").status == 200


def test_wordpress_returns_a_blog_and_no_expiry(wordpress: ServiceClient) -> None:
    answer = wordpress.exchange(wordpress.code()).json
    assert answer.keys() == {"access_token", "token_type", "blog_id", "blog_url", "scope"}
    assert answer["blog_id"].isdecimal()
    assert (answer["token_type"], answer["scope"]) == ("bearer", "auth")


def test_wordpress_returns_error_descriptions_and_reads_only_the_body(wordpress: ServiceClient) -> None:
    refused = wordpress.exchange(wordpress.code(), client_secret="guessed")
    assert refused.status == 400
    assert refused.json == {"error": "invalid_client", "error_description": "Incorrect client_secret."}
    moved = wordpress.exchange(wordpress.code(), redirect_uri=CALLBACK + "x").json
    assert moved == {"error": "invalid_request", "error_description": "Mismatch in redirect_uri."}
    assert wordpress.exchange(wordpress.code(), method="GET").status == 405
    form = {"grant_type": "authorization_code", "code": wordpress.code(), "redirect_uri": CALLBACK}
    assert send_request("POST", wordpress(wordpress.token), form, BASIC).json["error"] == "invalid_request"
