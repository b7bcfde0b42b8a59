"""A client of the demo provider's services, for tests."""

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.services.provider import Demo, complete_authorization

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "http://127.0.0.1:9/accounts/back/"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"demo:demo").decode()}
X_SCOPE, X_FIELDS = "users.read tweet.read users.email", "profile_image_url,confirmed_email"
FB_FIELDS = "id,name,email,picture.width(256)"


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send_request(
    method: str, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        body = None if form is None else urlencode(form)
        kind = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body, {**kind, **(headers or {})})
        response = connection.getresponse()
        return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class ServiceClient:
    """The requests of a site to one service."""

    demo: Demo
    key: str
    authorize: str
    token: str
    me: str
    scope: str
    fields: str = ""

    def __call__(self, path: str) -> str:
        return f"{self.demo.base}/{self.key}{path}"

    def authorization_url(self, **changes: str) -> str:
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

    def code(self, name: str = "Mara Lindqvist", fault: str = "", **changes: str) -> str:
        return callback_parameters(complete_authorization(self.authorization_url(**changes), name, fault=fault))["code"]

    def exchange(self, given: str, *, without: str = "", method: str = "POST", **changes: str) -> Response:
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
            return send_request("GET", f"{self(self.token)}?{urlencode(form)}", headers=basic)
        return send_request("POST", self(self.token), form, basic)

    def token_of(self, name: str = "Mara Lindqvist", **changes: str) -> str:
        return str(self.exchange(self.code(name, **changes)).json["access_token"])

    def profile(self, token: str, fields: str | None = None) -> Response:
        fields = self.fields if fields is None else fields
        if self.key == "facebook":
            query = {"fields": fields, "access_token": token, "appsecret_proof": proof(token)}
            return send_request("GET", f"{self(self.me)}?{urlencode({k: v for k, v in query.items() if v})}")
        query = {"user.fields": fields} if self.key == "x" and fields else {}
        return send_request("GET", f"{self(self.me)}?{urlencode(query)}", headers={"Authorization": f"Bearer {token}"})

    def fetch_profile(self, name: str = "Mara Lindqvist", fields: str | None = None, **changes: str) -> dict[str, Any]:
        reply = self.profile(self.token_of(name, **changes), fields)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json["data"] if self.key == "x" else reply.json
        return found


def proof(token: str) -> str:
    return hmac.new(b"demo", token.encode(), hashlib.sha256).hexdigest()


def callback_parameters(location: str) -> dict[str, str]:
    assert location.startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(location).query))
