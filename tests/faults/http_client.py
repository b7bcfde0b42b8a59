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
    timeout: float = 30
    session: str = ""
    accepted: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def request(self, method: str, path: str, body: str | None = None) -> Response:
        """Return the response; NONE if the server went away."""
        host = urlsplit(self.url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=self.timeout)
        headers = {"X-Forwarded-For": self.address, "Connection": "close"}
        if self.session:
            headers["Cookie"] = f"session={self.session}"
        if body is not None:
            headers |= {"Content-Type": FORM, "Sec-Fetch-Site": "same-origin", "Origin": self.url}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            body_text = response.read().decode("utf-8", "replace")
            return Response(response.status, body_text, {name.lower(): value for name, value in response.getheaders()})
        except (OSError, http.client.HTTPException):
            return NONE
        finally:
            connection.close()

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
