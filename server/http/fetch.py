"""The only HTTP client for other machines: public addresses only, bounded in time and bytes."""

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

TIMEOUT = 5.0
MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
ALLOWED_PORTS = {80, 443, 8080, 8443}
CHUNK_SIZE = 64 * 1024
SAFE_CHARACTERS = "/%:@!$&'()*+,;=~-._"

# The registries of special-purpose addresses, written out: what Python calls global differs by release.
NOT_PUBLIC = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
# The only public part of IPv6; mapped, translated (NAT64) and local addresses are outside of it.
PUBLIC = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC_6 = [ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]

Address = tuple[Any, ...]


TIMED_OUT = "timed out"


class FetchError(Exception):
    """Nothing was fetched; the message says why."""


class PermanentFetchError(FetchError):
    """Trying again is useless: the address is not allowed, or the response is unusable."""


@dataclass(frozen=True)
class Response:
    url: str
    kind: str
    body: bytes


def get(url: str, *, seconds: float = TIMEOUT, max_bytes: int = MAX_BYTES, allowed: Collection[str] = ()) -> Response:
    """Fetch a URL, following at most three redirects. Raises FetchError.

    Private origins are requested only if `allowed` names them.
    """
    deadline = time.monotonic() + seconds
    for _ in range(MAX_REDIRECTS + 1):
        with send_request("GET", url, deadline=deadline, allowed=allowed) as response:
            if response.status not in {301, 302, 303, 307, 308}:
                return Response(url, response.headers.get_content_type(), read_body(response, max_bytes))
            url = urljoin(url, response.headers.get("Location", ""))
    raise PermanentFetchError(f"more than {MAX_REDIRECTS} redirects")


@contextmanager
def send_request(
    method: str,
    url: str,
    *,
    deadline: float,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    allowed: Collection[str] = (),
) -> Iterator[http.client.HTTPResponse]:
    """Send one request and yield its response, to be read inside the block. Raises FetchError."""
    target = check_url(url, allowed)
    connection = GuardedConnection(target, deadline, allowed)
    try:
        with send(connection, target, method, headers or {}, body) as response:
            yield response
    except TimeoutError as error:
        raise FetchError(TIMED_OUT) from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def check_url(url: str, allowed: Collection[str]) -> SplitResult:
    """Return the parts of a URL that may be requested. Raises PermanentFetchError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise PermanentFetchError("not a web address") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise PermanentFetchError("not an http or https address")
    if port not in {None, *ALLOWED_PORTS} and not is_allowed(parts, allowed):
        raise PermanentFetchError(f"port {port} is not allowed")
    return parts


def is_allowed(parts: SplitResult, allowed: Collection[str]) -> bool:
    """Return whether a URL belongs to one of the private origins that the caller of get() allows."""
    return origin(parts) in {origin(urlsplit(each)) for each in allowed}


def origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port, so that https://id.example.org and https://id.example.org:443 are equal."""
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def is_public(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # with a zone, which only local addresses have
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in NOT_PUBLIC)
    return ip in PUBLIC and not any(ip in network for network in NOT_PUBLIC_6)


class GuardedConnection(http.client.HTTPConnection):
    """Checks the very address that it connects to, so that DNS rebinding gains nothing."""

    def __init__(self, target: SplitResult, deadline: float, allowed: Collection[str]) -> None:
        super().__init__(ascii_host(target), target.port or PORTS[target.scheme])
        self.target = target
        self.deadline = deadline
        self.allowed = allowed

    def connect(self) -> None:
        """Connect to the first of the host's addresses that is allowed and accepts."""
        problem: Exception = PermanentFetchError(f"{self.host} has no public IP address")
        for family, address in resolve_host(self.host, self.port, self.deadline):
            if not is_public(address[0]) and not is_allowed(self.target, self.allowed):
                continue
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(seconds_left(self.deadline))
                plain.connect(address)
                plain.settimeout(seconds_left(self.deadline))
                if self.target.scheme == "https":
                    plain = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
                self.sock: Any = TimedSocket(plain, self.deadline)
            except OSError as error:
                plain.close()
                problem = error
            else:
                return
        raise problem


class TimedSocket:
    """The part of a socket that http.client uses; every read ends at the deadline, however slowly bytes arrive."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.is_read = False

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(seconds_left(self.deadline))
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        self.is_read = True
        return io.BufferedReader(TimedReader(self.sock, self.deadline))

    def close(self) -> None:
        if not self.is_read:  # else the reader closes it: http.client lets go of the socket before the body is read
            self.sock.close()


class TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(seconds_left(self.deadline))
        return self.sock.recv_into(buffer)

    def close(self) -> None:
        super().close()
        self.sock.close()


def seconds_left(deadline: float) -> float:
    """Return the seconds until the deadline. Raises TimeoutError after it."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def ascii_host(target: SplitResult) -> str:
    """Return the host of a URL in ASCII, as DNS needs it. Raises PermanentFetchError."""
    host = target.hostname or ""
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise PermanentFetchError(f"{host} is not a valid host name") from error


def resolve_host(host: str, port: int, deadline: float) -> Iterator[tuple[int, Address]]:
    """Yield the host's addresses. Runs in a thread, because the system's resolver has no timeout."""
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        found = answers.get(timeout=seconds_left(deadline))
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(found, Exception):
        raise FetchError(f"{host} was not found") from found
    for family, _, _, _, address in found:
        yield family, address


def send(
    connection: GuardedConnection, target: SplitResult, method: str, more: Mapping[str, str], body: bytes | None
) -> http.client.HTTPResponse:
    """Send a request with our headers, and return the response, whose body is still to be read."""
    path = quote(target.path or "/", safe=SAFE_CHARACTERS, errors="replace")
    query = quote(target.query, safe=SAFE_CHARACTERS + "?[]", errors="replace")
    host = target.hostname or ""
    headers = {
        "Host": connection.host if ":" not in host else f"[{host}]",
        "User-Agent": f"Rejoinder (+{settings.SITE_URL})",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if target.port and target.port != PORTS[target.scheme]:
        headers["Host"] += f":{target.port}"
    connection.request(method, f"{path}?{query}" if query else path, body=body, headers={**more, **headers})
    return connection.getresponse()


def read_body(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """Return the body of a response with status 200. Raises FetchError, permanent if a retry is useless."""
    if response.status != 200:
        problem = f"the server answered {response.status}"
        is_worth_asking_again = response.status in {408, 425, 429} or response.status >= 500
        raise FetchError(problem) if is_worth_asking_again else PermanentFetchError(problem)
    return read_limited(response, max_bytes)


def read_limited(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """Return the body of a response. Raises FetchError if it is larger or incomplete."""
    too_large = PermanentFetchError(f"larger than {max_bytes // 1024 // 1024} MB")
    if (response.length or 0) > max_bytes:
        raise too_large
    pieces = []
    size = 0
    while piece := response.read1(CHUNK_SIZE):
        size += len(piece)
        if size > max_bytes:
            raise too_large
        pieces.append(piece)
    if response.length:
        raise FetchError("the connection was lost")
    return b"".join(pieces)
