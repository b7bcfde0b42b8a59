"""The demo identity provider: each service asks, answers and refuses as the real one, and every trouble is one."""

import base64
import hashlib
import hmac
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from PIL.ExifTags import IFD, Base
from playwright.sync_api import Page

from accounts.demo.people import LONG_NAME, ODD, PEOPLE, PLAIN
from accounts.demo.troubles import BY_NAME, PIECE, TROUBLES
from tests.services.chromium import Visitor
from tests.services.processes import Process, answers, free_port, wait_until
from tests.services.provider import Demo, allow, deny, provider, trouble, walk
from tests.services.site import Serve

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://127.0.0.1:9/accounts/back/"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"demo:demo").decode()}
BROWSERS_POLICY = "form-action 'self' 127.0.0.1:* localhost:*"


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with provider(slow=0.3, very_slow=0.3) as demo:
        yield demo


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    method: str, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        body = None if form is None else urlencode(form)
        kind = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body, {**kind, **(headers or {})})
        response = connection.getresponse()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


# A site that speaks to each service


@dataclass(frozen=True)
class Site:
    """What a site does at one service."""

    demo: Demo
    key: str
    authorize: str
    token: str
    me: str
    scope: str
    fields: str = ""

    def __call__(self, path: str) -> str:
        return f"{self.demo.base}/{self.key}{path}"

    def question(self, **changes: str) -> str:
        asked = {
            "client_id": "demo",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": self.scope,
            "state": "a state & more",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return f"{self(self.authorize)}?{urlencode({k: v for k, v in {**asked, **changes}.items() if v})}"

    def code(self, name: str = "Mara Lindqvist", trouble: str = "", **changes: str) -> str:
        return back(walk(self.question(**changes), name, trouble=trouble))["code"]

    def exchange(self, given: str, *, without: str = "", method: str = "POST", **changes: str) -> Reply:
        form = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": "demo",
            "client_secret": "demo",
        }
        basic = {}
        if self.key == "x":  # HTTP Basic; X reads no secret in the body
            pair = f"{changes.pop('client_id', 'demo')}:{changes.pop('client_secret', 'demo')}"
            basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            del form["client_id"], form["client_secret"]
        form |= changes
        form.pop(without, None)
        if method == "GET":
            return ask("GET", f"{self(self.token)}?{urlencode(form)}", headers=basic)
        return ask("POST", self(self.token), form, basic)

    def token_of(self, name: str = "Mara Lindqvist", **changes: str) -> str:
        return str(self.exchange(self.code(name, **changes)).json["access_token"])

    def profile(self, token: str, fields: str | None = None) -> Reply:
        fields = self.fields if fields is None else fields
        if self.key == "facebook":
            query = {"fields": fields, "access_token": token, "appsecret_proof": proof(token)}
            return ask("GET", f"{self(self.me)}?{urlencode({k: v for k, v in query.items() if v})}")
        query = {"user.fields": fields} if self.key == "x" and fields else {}
        return ask("GET", f"{self(self.me)}?{urlencode(query)}", headers={"Authorization": f"Bearer {token}"})

    def person(self, name: str = "Mara Lindqvist", fields: str | None = None, **changes: str) -> dict[str, Any]:
        reply = self.profile(self.token_of(name, **changes), fields)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json["data"] if self.key == "x" else reply.json
        return found


def proof(token: str) -> str:
    return hmac.new(b"demo", token.encode(), hashlib.sha256).hexdigest()


def back(location: str) -> dict[str, str]:
    assert location.startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(location).query))


X_SCOPE, X_FIELDS = "users.read tweet.read users.email", "profile_image_url,confirmed_email"
FB_FIELDS = "id,name,email,picture.width(256)"


@pytest.fixture
def x(demo: Demo) -> Site:
    return Site(demo, "x", "/i/oauth2/authorize", "/2/oauth2/token", "/2/users/me", X_SCOPE, X_FIELDS)


@pytest.fixture
def facebook(demo: Demo) -> Site:
    return Site(demo, "facebook", "/v24.0/dialog/oauth", "/v24.0/oauth/access_token", "/v24.0/me", "email", FB_FIELDS)


@pytest.fixture
def wordpress(demo: Demo) -> Site:
    return Site(demo, "wordpress", "/oauth2/authorize", "/oauth2/token", "/rest/v1.1/me/", "auth")


@pytest.fixture
def oidc(demo: Demo) -> Site:
    return Site(demo, "oidc", "/authorize", "/token", "/userinfo", "openid profile email")


@pytest.fixture(params=["x", "facebook", "wordpress", "oidc"])
def service(request: pytest.FixtureRequest) -> Site:
    site: Site = request.getfixturevalue(request.param)
    return site


# Where it may run


def test_it_cannot_be_imported_or_run_outside_debug(tmp_path: Path) -> None:
    environment = {**os.environ, "DEBUG": "0", "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    words = "The demo identity provider lets anybody be anybody, without a password: it is for DEBUG alone."
    for program in (["-c", "import accounts.demo"], ["manage.py", "demo_provider"]):
        command = [sys.executable, *program]
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        kind = "CommandError" if "manage.py" in program else "django.core.exceptions.ImproperlyConfigured"
        assert ended.stderr.splitlines()[-1] == f"{kind}: {words}"


def command(port: int) -> list[str]:
    return [sys.executable, "manage.py", "demo_provider", "--port", str(port)]


def test_it_says_where_it_is_and_that_a_port_is_taken_and_ends_when_told(tmp_path: Path) -> None:
    port = free_port()
    process = Process(command(port), log=tmp_path / "log", environment=os.environ, folder=ROOT)
    try:
        process.wait_until(lambda: "\n" in process.said(), "its first line")
        assert process.said() == f"The demo identity provider is at http://localhost:{port}.\n"
        second = subprocess.run(command(port), cwd=ROOT, capture_output=True, text=True, check=False)
        assert second.returncode == 2
        words = f"The demo identity provider cannot listen at port {port}: Address already in use."
        assert second.stderr == f"CommandError: {words}\n"
        assert answers(port)
    finally:
        assert process.stop() == 0


def test_it_dies_with_the_server_that_started_it(serve: Serve) -> None:
    server = serve(provider=True)
    assert answers(server.port + 1)
    server.kill()
    wait_until(lambda: not answers(server.port + 1), "its end")


def test_it_listens_on_both_loopback_addresses_and_only_there(demo: Demo) -> None:
    port = urlsplit(demo.base).port
    with socket.create_connection(("127.0.0.1", port or 0), 5):
        pass
    with socket.socket(socket.AF_INET6) as six:
        six.settimeout(5)
        try:
            six.bind(("::1", 0))
        except OSError:
            return  # a machine without IPv6
        six.connect(("::1", port))


# The question


def test_it_comes_back_with_a_code_and_the_very_state(service: Site) -> None:
    given = back(walk(service.question()))
    assert given["state"] == "a state & more"
    assert given.keys() == {"code", "state"}
    assert "state" not in back(walk(service.question(state=""))) if service.key != "x" else True


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
def test_a_strange_site_is_told_on_the_page_and_sent_nowhere(service: Site, changes: dict[str, str]) -> None:
    for method, form in (("GET", None), ("POST", {"person": "maralindqvist"})):
        reply = ask(method, service.question(**changes), form)
        assert reply.status == 400
        assert "location" not in reply.headers
        assert b"This log-in cannot begin" in reply.body


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "unheard"}, "invalid_scope"),
    ],
)
def test_a_wrong_question_is_refused(service: Site, changes: dict[str, str], error: str) -> None:
    reply = ask("GET", service.question(**changes))
    if service.key == "oidc":  # tells the site
        assert back(reply.headers["location"]) == {"error": error, "state": "a state & more"}
    else:
        assert reply.status == 400
        assert b"This log-in cannot begin" in reply.body


def test_x_insists_on_a_challenge_a_state_and_a_scope(x: Site) -> None:
    for name in ("code_challenge", "state", "scope"):
        assert ask("GET", x.question(**{name: ""})).status == 400
    assert ask("GET", x.question(state="s" * 501)).status == 400
    assert ask("GET", x.question(state="s" * 500)).status == 200


def test_facebook_needs_no_type_and_parts_scopes_by_commas(facebook: Site) -> None:
    reply = ask("GET", facebook.question(response_type="", scope="email,user_link"))
    assert reply.status == 200
    page = reply.body.decode()
    assert all(words in page for words in ("your name and picture", "your email address", "address of your profile"))


def test_facebook_leaves_its_mark_at_the_end(facebook: Site) -> None:
    assert urlsplit(walk(facebook.question())).fragment == "_=_"
    assert urlsplit(walk(facebook.question(), deny=True)).fragment == "_=_"


def test_who_denies_comes_back_with_that(service: Site) -> None:
    given = back(walk(service.question(), deny=True))
    assert given.pop("error") == "access_denied"
    assert given.pop("state") == "a state & more"
    words = {"error_code": "200", "error_description": "Permissions error", "error_reason": "user_denied"}
    assert given == (words if service.key == "facebook" else {})


# The code


def test_a_code_is_good_once(service: Site) -> None:
    code = service.code()
    assert service.exchange(code).status == 200
    assert service.exchange(code).status == 400


def test_a_code_is_good_for_a_minute(service: Site, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    early, late = service.code(), service.code()
    now = time.monotonic()
    monkeypatch.setattr(demo.grants, "clock", lambda: now + 59)
    assert service.exchange(early).status == 200
    monkeypatch.setattr(demo.grants, "clock", lambda: now + 61)
    assert service.exchange(late).status == 400


def test_a_code_of_one_service_is_no_code_at_another(x: Site, oidc: Site) -> None:
    assert oidc.exchange(x.code()).json == {"error": "invalid_grant"}
    assert oidc.profile(x.token_of()).status == 401


def test_another_verifier_address_client_or_secret_is_refused(service: Site) -> None:
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


def test_x_refuses_in_its_own_words(x: Site) -> None:
    form = {"grant_type": "authorization_code", "code": x.code(), "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    without_basic = ask("POST", x(x.token), {**form, "client_id": "demo", "client_secret": "demo"})
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
        ask("POST", x(x.token), None, as_json).json["error_description"] == "Missing required parameter [grant_type]."
    )
    assert x.exchange(x.code(), method="GET").status == 405


def test_x_answers_with_a_bearer_token_for_two_hours(x: Site) -> None:
    answer = x.exchange(x.code()).json
    assert answer.pop("access_token")
    assert answer == {"token_type": "bearer", "expires_in": 7200, "scope": X_SCOPE}
    assert "refresh_token" in x.exchange(x.code(scope=f"{X_SCOPE} offline.access")).json


def test_facebook_takes_a_code_by_get_and_by_post(facebook: Site) -> None:
    for method in ("GET", "POST"):
        answer = facebook.exchange(facebook.code(), method=method).json
        assert answer["token_type"] == "bearer"
        assert answer["expires_in"] > 5_000_000
        assert answer.keys() == {"access_token", "token_type", "expires_in"}


def test_facebook_refuses_in_the_shape_of_the_graph(facebook: Site) -> None:
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


def test_wordpress_answers_with_a_blog_and_without_an_end(wordpress: Site) -> None:
    answer = wordpress.exchange(wordpress.code()).json
    assert answer.keys() == {"access_token", "token_type", "blog_id", "blog_url", "scope"}
    assert answer["blog_id"].isdecimal()
    assert (answer["token_type"], answer["scope"]) == ("bearer", "auth")


def test_wordpress_refuses_in_words_and_takes_nothing_but_the_body(wordpress: Site) -> None:
    refused = wordpress.exchange(wordpress.code(), client_secret="guessed")
    assert refused.status == 400
    assert refused.json == {"error": "invalid_client", "error_description": "Incorrect client_secret."}
    moved = wordpress.exchange(wordpress.code(), redirect_uri=CALLBACK + "x").json
    assert moved == {"error": "invalid_request", "error_description": "Mismatch in redirect_uri."}
    assert wordpress.exchange(wordpress.code(), method="GET").status == 405
    form = {"grant_type": "authorization_code", "code": wordpress.code(), "redirect_uri": CALLBACK}
    assert ask("POST", wordpress(wordpress.token), form, BASIC).json["error"] == "invalid_request"


# Who it is


def test_x_gives_the_fields_that_were_asked_for(x: Site) -> None:
    assert x.person(fields="").keys() == {"id", "name", "username"}
    mara = x.person()
    assert mara.keys() == {"id", "name", "username", "profile_image_url", "confirmed_email"}
    assert mara["name"] == "Mara Lindqvist"
    assert mara["username"] == "maralindqvist"
    assert isinstance(mara["id"], str)
    assert mara["id"].isdecimal()
    assert mara["confirmed_email"] == "mara.lindqvist@example.org"
    assert x.person()["id"] == mara["id"] != x.person("Mara L.")["id"]


def test_x_gives_a_confirmed_email_alone_and_only_where_granted(x: Site) -> None:
    assert "confirmed_email" not in x.person(scope="users.read tweet.read")
    assert "confirmed_email" not in x.person("Kofi Asante")
    assert "confirmed_email" not in x.person("Yuki Tanabe")
    assert x.person("Teodor Marin")["confirmed_email"] == "moderator@example.org"


def test_x_refuses_a_profile_as_a_problem(x: Site) -> None:
    nobody = x.profile("none-of-ours")
    assert nobody.status == 401
    assert nobody.headers["content-type"] == "application/problem+json"
    assert nobody.json == {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    assert x.profile(x.token_of(scope="users.read")).status == 403
    unknown = x.profile(x.token_of(), "email")
    assert unknown.status == 400
    assert unknown.json["errors"][0]["parameters"] == {"user.fields": ["email"]}


def test_facebook_gives_the_fields_that_were_asked_for_and_its_id(facebook: Site) -> None:
    assert facebook.person(fields="").keys() == {"id", "name"}
    assert facebook.person(fields="email").keys() == {"id", "email"}
    mara = facebook.person()
    picture = mara.pop("picture")["data"]
    assert mara == {"id": mara["id"], "name": "Mara Lindqvist", "email": "mara.lindqvist@example.org"}
    url = picture.pop("url")
    assert picture == {"height": 256, "width": 256, "is_silhouette": False}
    assert Image.open(io.BytesIO(ask("GET", url).body)).size == (256, 256)
    assert facebook.person("Yuki Tanabe", "picture")["picture"]["data"]["is_silhouette"]


def test_facebook_leaves_out_what_was_not_granted(facebook: Site) -> None:
    everything = "id,name,first_name,last_name,email,link,verified,locale"
    assert facebook.person(fields=everything, scope="").keys() == {"id", "name", "first_name", "last_name"}
    assert "link" in facebook.person(fields=everything, scope="user_link")
    assert "email" not in facebook.person("Yuki Tanabe")
    assert facebook.person("Kofi Asante")["email"] == "kofi.asante@example.net"


def test_facebook_checks_the_proof_and_refuses_in_the_shape_of_the_graph(facebook: Site) -> None:
    token = facebook.token_of()

    def error(**query: str) -> tuple[int, str, str]:
        reply = ask("GET", f"{facebook(facebook.me)}?{urlencode(query)}")
        assert reply.status == 400
        found = reply.json["error"]
        return found["code"], found["type"], found["message"]

    assert error(access_token=token)[:2] == (100, "GraphMethodException")
    wrong = error(access_token=token, appsecret_proof=proof("another"))
    assert wrong == (100, "GraphMethodException", "Invalid appsecret_proof provided in the API argument")
    assert error(access_token="none", appsecret_proof=proof("none"))[:2] == (190, "OAuthException")
    assert error()[:2] == (2500, "OAuthException")
    strange = error(access_token=token, appsecret_proof=proof(token), fields="id,shoe_size")
    assert strange == (
        100,
        "OAuthException",
        "(#100) Tried accessing nonexisting field (shoe_size) on node type (User)",
    )


def test_wordpress_says_who_it_is_and_whether_the_address_is_confirmed(wordpress: Site) -> None:
    mara = wordpress.person()
    assert isinstance(mara["ID"], int)
    assert (mara["display_name"], mara["username"]) == ("Mara Lindqvist", "maralindqvist")
    assert (mara["email"], mara["email_verified"]) == ("mara.lindqvist@example.org", True)
    assert {"primary_blog_url", "avatar_URL", "profile_URL", "language", "token_scope"} <= mara.keys()
    kofi = wordpress.person("Kofi Asante")
    assert (kofi["email"], kofi["email_verified"]) == ("kofi.asante@example.net", False)
    assert wordpress.person("Vera Holt")["email"] == wordpress.person("Teodor Marin")["email"]


def test_wordpress_refuses_a_profile_in_words(wordpress: Site) -> None:
    nobody = wordpress.profile("none-of-ours")
    assert nobody.json == {"error": "invalid_token", "message": "The OAuth2 token is invalid."}
    assert ask("GET", wordpress(wordpress.me)).json["error"] == "authorization_required"
    assert wordpress.profile(wordpress.token_of(scope="")).json["error"] == "unauthorized"


def test_the_same_address_is_known_by_two_people(oidc: Site) -> None:
    first, second = oidc.person(), oidc.person("Mara L.")
    assert first["sub"] != second["sub"]
    assert first["email"] == second["email"]
    assert first["email_verified"] is second["email_verified"] is True


def test_openid_connect_is_found_and_its_signature_is_right(oidc: Site) -> None:
    found = ask("GET", oidc("/.well-known/openid-configuration")).json
    assert found["issuer"] == oidc("")
    assert found["authorization_endpoint"] == oidc(oidc.authorize)
    keys = jwt.PyJWKClient(found["jwks_uri"])
    answer = oidc.exchange(oidc.code(nonce="a nonce")).json
    key = keys.get_signing_key_from_jwt(answer["id_token"])
    claims = jwt.decode(answer["id_token"], key, algorithms=["RS256"], audience="demo", issuer=found["issuer"])
    assert claims["nonce"] == "a nonce"
    assert claims["sub"] == oidc.profile(answer["access_token"]).json["sub"]
    assert "nonce" not in jwt.decode(oidc.exchange(oidc.code()).json["id_token"], options={"verify_signature": False})


def test_openid_connect_gives_claims_by_scope(oidc: Site) -> None:
    assert oidc.person(scope="openid").keys() == {"sub"}
    vera = oidc.person("Vera Holt")
    assert (vera["email"], vera["email_verified"]) == ("moderator@example.org", False)
    assert "email" not in oidc.person("Yuki Tanabe")
    assert "email" not in oidc.person(scope="openid profile")


def test_openid_connect_knows_its_client_in_both_ways(oidc: Site) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    assert ask("POST", oidc(oidc.token), {**form, "code": oidc.code()}, BASIC).status == 200
    refused = oidc.exchange(oidc.code(), client_secret="guessed")
    assert refused.status == 401
    assert refused.json == {"error": "invalid_client"}
    assert "www-authenticate" in refused.headers
    assert ask("GET", oidc(oidc.me)).headers["www-authenticate"] == "Bearer"


# Pictures


def picture_of(x: Site, name: str) -> Reply:
    return ask("GET", x.person(name)["profile_image_url"])


def test_every_service_names_a_picture_that_is_there(service: Site) -> None:
    mara = service.person()
    named = {
        "x": lambda: mara["profile_image_url"],
        "facebook": lambda: mara["picture"]["data"]["url"],
        "wordpress": lambda: mara["avatar_URL"],
        "oidc": lambda: mara["picture"],
    }
    reply = ask("GET", named[service.key]())
    assert reply.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(reply.body)).format == "PNG"


def test_x_gives_a_small_picture_and_has_a_larger_one(x: Site) -> None:
    url = x.person()["profile_image_url"]
    assert Image.open(io.BytesIO(ask("GET", url).body)).size == (48, 48)
    larger = ask("GET", url.replace("_normal", "_400x400"))
    assert Image.open(io.BytesIO(larger.body)).size == (400, 400)


def test_a_photograph_says_where_it_was_taken_and_lies_on_its_side(x: Site) -> None:
    reply = picture_of(x, "Łucja Wiśniewska")
    assert reply.headers["content-type"] == "image/jpeg"
    exif = Image.open(io.BytesIO(reply.body)).getexif()
    assert exif[Base.Orientation] == 6
    assert exif.get_ifd(IFD.GPSInfo)


def test_a_huge_picture_is_few_bytes(x: Site) -> None:
    reply = picture_of(x, "Bruno Castellanos")
    assert len(reply.body) < 100_000
    assert Image.open(io.BytesIO(reply.body)).size == (8000, 8000)


def test_hostile_pictures(x: Site) -> None:
    elsewhere = picture_of(x, "Noor de Wit")
    assert elsewhere.status == 302
    assert elsewhere.headers["location"].startswith("http://169.254.169.254/")
    assert b"<script>" in picture_of(x, "Sipho Dlamini").body
    page = picture_of(x, "Hana Novotná")
    assert page.headers["content-type"] == "image/png"
    assert b"<script>" in page.body


def test_the_long_name_arrives_whole(service: Site) -> None:
    who = service.person(LONG_NAME)
    assert LONG_NAME in who.values()
    assert len(LONG_NAME) > 245


# Troubles


def test_the_way_back_may_go_wrong(service: Site) -> None:
    def given(name: str) -> dict[str, str]:
        return back(walk(service.question(), trouble=name))

    assert given("error") == {"error": "server_error", "state": "a state & more"}
    assert given("wrong-state")["state"] != "a state & more"
    assert given("no-state").keys() == {"code"}
    replayed = given("replayed-code")
    assert replayed["state"] == "a state & more"
    assert service.exchange(replayed["code"]).status == 400
    start = time.monotonic()
    assert given("slow")["state"] == "a state & more"
    assert time.monotonic() - start > 0.25


def test_the_token_may_go_wrong(service: Site) -> None:
    def given(name: str) -> Reply:
        return service.exchange(service.code(trouble=name))

    assert given("token-error").status == 500
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        _ = given("token-broken").json
    assert given("token-list").json[0]["access_token"]
    assert given("token-null").json is None
    assert isinstance(given("token-numbers").json["access_token"], int)
    start = time.monotonic()
    assert given("very-slow").json["access_token"]
    assert time.monotonic() - start > 0.25


def test_the_profile_may_go_wrong(service: Site) -> None:
    def given(name: str) -> Reply:
        return service.profile(service.exchange(service.code(trouble=name)).json["access_token"])

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
def test_a_body_may_never_end_and_may_drip(service: Site, place: str) -> None:
    for name, most, least in (("endless", 2.0, 3 * len(PIECE)), ("dripping", 1.0, 1)):
        code = service.code(trouble=f"{place}-{name}")
        read = 0
        with open_answer(service, place, code) as stream:
            end = time.monotonic() + most
            while read < least:
                read += len(stream.read1(1 << 20))
                assert time.monotonic() < end
            if name == "dripping":
                assert read < 10
                assert stream.headers["Content-Length"] == "100000"


def open_answer(service: Site, place: str, code: str) -> http.client.HTTPResponse:
    parts = urlsplit(service(""))
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
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


def test_no_trouble_but_those_on_the_page(service: Site) -> None:
    assert ask("POST", service.question(), {"trouble": "unheard"}).status == 404
    assert ask("POST", service.question(), {"person": "unheard"}).status == 404


# The page


class Buttons(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str | None, str | None]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.found.append((dict(attrs)["name"], dict(attrs)["value"]))


def test_the_page_says_whose_part_it_plays_and_offers_everybody_and_every_trouble(service: Site) -> None:
    reply = ask("GET", service.question())
    page = reply.body.decode()
    name = service.demo.services[service.key].name
    assert f"<title>{name} · demo log-in</title>" in page
    assert f"This page only stands in for {name}. No password is needed" in page
    assert "<b>127.0.0.1:9</b> would like to see:" in page
    plain, odd = ([("person", one.handle) for one in group] for group in (PLAIN, ODD))
    wanted = [*plain, ("deny", "yes"), *odd, *(("trouble", one.name) for one in TROUBLES)]
    assert Buttons(reply.body).found == wanted


def test_the_page_has_a_policy_of_its_own(service: Site) -> None:
    policy = ask("GET", service.question()).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert BROWSERS_POLICY in policy


def test_what_a_site_sends_is_shown_as_text(oidc: Site) -> None:
    page = ask("GET", oidc.question(scope="openid <script>x</script>")).body.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_other_addresses(demo: Demo) -> None:
    assert ask("GET", f"{demo.base}/").status == 200
    for path in ("/nothing", "/x", "/x/", "/x/2/users/them", "//nothing", "/oidc/pictures/nobody"):
        assert ask("GET", f"{demo.base}{path}").status == 404
    assert "@kofi_asante of the demo" in ask("GET", f"{demo.base}/x/kofi_asante").body.decode()
    assert ask("POST", f"{demo.base}/x/2/oauth2/token", {"code": "x" * 70_000}).status == 413
    assert ask("GET", f"{demo.base}/x/2/oauth2/token?{'&'.join(f'a{n}=1' for n in range(200))}").status == 405


def test_people_and_troubles_have_names_of_their_own() -> None:
    assert len({one.handle for one in PEOPLE}) == len({one.name for one in PEOPLE}) == len(PEOPLE)
    assert len({one.username for one in PEOPLE}) == len(PEOPLE)
    assert all(len(one.handle) <= 15 for one in PEOPLE)  # X takes no more
    assert len(BY_NAME) == len(TROUBLES)


@pytest.fixture
def other() -> Iterator[Demo]:
    """Stands in for the site: a server of another origin, which answers anything."""
    with provider() as other:
        yield other


def test_in_a_browser(x: Site, other: Demo, visitor: Visitor) -> None:
    """The way back crosses to another site, where the page's own policy must let it go."""
    question = x.question(redirect_uri=f"http://127.0.0.1:{urlsplit(other.base).port}/")
    page = visitor.open()
    acts: list[Callable[[], None]] = [
        lambda: allow(page, "Mara Lindqvist"),
        lambda: allow(page, LONG_NAME),
        lambda: trouble(page, "wrong-state"),
        lambda: deny(page),
        lambda: by_keyboard(page),
    ]
    for act in acts:
        page.goto(question)
        act()
        page.wait_for_url("http://127.0.0.1:*/?*")
        assert {"code", "error"} & parse_qs(urlsplit(page.url).query).keys()


def by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == PLAIN[1].handle
    page.keyboard.press("Enter")


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_read_by_everybody(x: Site, facebook: Site, visitor: Visitor, dark: bool) -> None:
    page = visitor.open(x.question(), width=600, height=720, dark=dark)
    assert page.title() == "X (Twitter) · demo log-in"
    deny_button = page.get_by_role("button", name="Deny").bounding_box()
    assert deny_button
    assert deny_button["y"] + deny_button["height"] < 720  # in the popup, without scrolling
    page.set_viewport_size({"width": 360, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(image => image.naturalWidth)")
    assert findings(page) == []
    page.goto(facebook.question(client_id="another"))
    assert findings(page) == []


def findings(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]
