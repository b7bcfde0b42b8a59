"""A person who posts and reads over real HTTP, with one connection per request."""

import http.client
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Response:
    status: int
    body: str
    headers: dict[str, str]
    seconds: float = 0.0  # until it was complete

    @property
    def is_accepted(self) -> bool:
        """Whether the site has confirmed that it stored the comment."""
        return self.status == 302 and "/comments/" in self.headers.get("location", "")


NONE = Response(0, "", {})


@dataclass
class HTTPClient:
    """A person with their own IP address (the site trusts us as its proxy)."""

    url: str
    address: str = "203.0.113.1"
    timeout: float = 60
    session: str = ""
    cookies: dict[str, str] | None = None  # a dictionary also receives those that the site sets
    accepted: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def request(self, method: str, path: str, body: str | None = None) -> Response:
        """Return the response; NONE if the server went away."""
        host, began = urlsplit(self.url), time.monotonic()
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=self.timeout)
        headers = {"X-Forwarded-For": self.address, "Connection": "close"}
        if cookies := ({"session": self.session} if self.session else {}) | (self.cookies or {}):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if body is not None:
            headers |= {"Content-Type": FORM, "Sec-Fetch-Site": "same-origin", "Origin": self.url}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            body_text = response.read().decode("utf-8", "replace")
            self.keep_cookies(response.headers.get_all("Set-Cookie", []))
            found = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, body_text, found, time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            return NONE
        finally:
            connection.close()

    def keep_cookies(self, lines: list[str]) -> None:
        if self.cookies is None:
            return
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            if value.strip('"'):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)

    def send(self, path: str, **fields: str) -> Response:
        """Send a form."""
        return self.request("POST", path, urlencode(fields))

    def log_in(self, login: str, password: str) -> bool:
        """Log in with a password, and return whether that worked."""
        response = self.send("/accounts/login/", login=login, password=password)
        return response.status == 302 and not response.headers["location"].startswith("/accounts/")

    def read(self, path: str) -> Response:
        return self.request("GET", path)

    def post(self, essay: str, text: str, *, parent: int | str = "", name: str = "Ida", key: str = "") -> Response:
        fields = {"text": text, "parent": parent, "name": name, "email": f"{name.lower()}@example.org", "website": ""}
        fields |= {"key": key} if key else {}
        response = self.request("POST", f"{essay}respond/", urlencode(fields))
        self.statuses.append(response.status)
        if response.is_accepted:
            self.accepted.append(text.strip())
        return response

    def read_when_available(self, path: str, seconds: float = 30) -> Response:
        """Return the page once the server is back."""
        deadline = time.monotonic() + seconds
        while not (response := self.read(path)).status:
            if time.monotonic() > deadline:
                return response
            time.sleep(0.05)
        return response
