"""The demo provider's errors: each does what its button says."""

import http.client
import time
from urllib.parse import urlencode, urlsplit

import pytest

from demo.identity_provider.faults import CHUNK
from tests.accounts.service_client import (
    BASIC,
    CALLBACK,
    VERIFIER,
    Response,
    ServiceClient,
    callback_parameters,
    proof,
    send_request,
)
from tests.services.processes import TIMEOUT
from tests.services.provider import complete_authorization


def test_errors_on_the_redirect_to_the_site(service: ServiceClient) -> None:
    def given(name: str) -> dict[str, str]:
        return callback_parameters(complete_authorization(service.authorization_url(), fault=name))

    assert given("error") == {"error": "server_error", "state": "a state & more"}
    assert given("wrong-state")["state"] != "a state & more"
    assert given("no-state").keys() == {"code"}
    replayed = given("replayed-code")
    assert replayed["state"] == "a state & more"
    assert service.exchange(replayed["code"]).status == 400
    start = time.monotonic()
    assert given("slow")["state"] == "a state & more"
    assert time.monotonic() - start > 0.25


def test_errors_of_the_token_response(service: ServiceClient) -> None:
    def given(name: str) -> Response:
        return service.exchange(service.code(fault=name))

    assert given("token-error").status == 500
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        _ = given("token-broken").json
    assert given("token-list").json[0]["access_token"]
    assert given("token-null").json is None
    assert isinstance(given("token-numbers").json["access_token"], int)
    start = time.monotonic()
    assert given("very-slow").json["access_token"]
    assert time.monotonic() - start > 0.25


def test_errors_of_the_profile_response(service: ServiceClient) -> None:
    def given(name: str) -> Response:
        return service.profile(service.exchange(service.code(fault=name)).json["access_token"])

    assert given("me-error").status == 500
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        _ = given("me-broken").json
    assert isinstance(given("me-list").json[0], dict)
    assert given("me-null").json is None
    numbers = given("me-numbers").json
    assert not [value for value in (numbers.get("data") or numbers).values() if isinstance(value, str)]
    nobody = given("me-nobody").json
    assert not {"id", "ID", "sub"} & (nobody.get("data") or nobody).keys()


@pytest.mark.parametrize("place", ["token", "me"])
def test_endless_and_slow_bodies(service: ServiceClient, place: str) -> None:
    for name, least in (("endless", 3 * len(CHUNK)), ("dripping", 1)):
        code = service.code(fault=f"{place}-{name}")
        read = 0
        with open_answer(service, place, code) as stream:
            end = time.monotonic() + TIMEOUT
            while read < least:
                read += len(stream.read1(1 << 20))
                assert time.monotonic() < end
            if name == "dripping":
                assert read < 10
                assert stream.headers["Content-Length"] == "100000"


def open_answer(service: ServiceClient, place: str, code: str) -> http.client.HTTPResponse:
    parts = urlsplit(service(""))
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    if service.key != "x":
        form |= {"client_id": "demo", "client_secret": "demo"}
    if place == "token":
        headers = {**BASIC, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}{service.token}", urlencode(form), headers)
    else:
        token = service.exchange(code).json["access_token"]
        query = urlencode({"access_token": token, "appsecret_proof": proof(token)}) if service.key == "facebook" else ""
        connection.request("GET", f"{parts.path}{service.me}?{query}", headers={"Authorization": f"Bearer {token}"})
    return connection.getresponse()


def test_an_unknown_error_is_refused(service: ServiceClient) -> None:
    assert send_request("POST", service.authorization_url(), {"fault": "unheard"}).status == 404
    assert send_request("POST", service.authorization_url(), {"person": "unheard"}).status == 404
