"""The guarded HTTP client: allowed addresses, and limits of time and size."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings

from server.http import fetch
from tests.services.web import Handler, Responder, Server, allow_requests_to, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on loopback that counts as public."""
    with serving() as server:
        allow_requests_to(monkeypatch, server.origin)
        yield server


@pytest.fixture
def stranger() -> Iterator[Server]:
    """A server on loopback that does not count as public."""
    with serving() as server:
        yield server


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (kinds[ipaddress.ip_address(address).version], socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_response_has_a_content_type_and_a_body(server: Server) -> None:
    answer = fetch.get(f"{server.origin}/a%20b/ü.png?w=1&x=ä")
    assert (answer.kind, answer.body) == ("image/png", b"a picture")
    assert server.requests[0][0] == "/a%20b/%C3%BC.png?w=1&x=%C3%A4"


def test_requests_identify_the_site_and_nothing_else(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    pages: dict[str, Responder] = {
        "/": lambda handler: handler.respond(302, Location="/next", Set_Cookie="a=b"),
        "/next": lambda handler: handler.respond(body=b"x"),
    }
    server.responder = lambda handler: pages[handler.path](handler)
    fetch.get(f"http://somebody:secret@{server.origin[7:]}/")
    for _, headers in server.requests:
        assert headers == {
            "Host": server.origin[7:],
            "User-Agent": f"Rejoinder (+{settings.SITE_URL})",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
    assert len(server.requests) == 2


PRIVATE = """
    0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.254 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8
    192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1
    100::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1::
    3fff::1 4000::1 5f00::1
"""
PUBLIC = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.32.0.1 193.99.144.80 2606:4700::1111 2a00:1450::1 2001:4860::1"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_a_private_address_is_not_public(address: str) -> None:
    assert not fetch.is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address_is(address: str) -> None:
    assert fetch.is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_no_spelling_of_a_loopback_address_is_reachable(
    stranger: Server, settings: Settings, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ALLOWED_PORTS", {stranger.server_port})
    with pytest.raises(fetch.PermanentFetchError, match="no public IP address"):
        fetch.get(f"http://{host}:{stranger.server_port}/")
    assert stranger.requests == []


def test_a_private_origin_is_requested_only_if_the_caller_allows_it(stranger: Server, settings: Settings) -> None:
    settings.FETCH_ALLOWED_ORIGINS = frozenset({stranger.origin})
    with pytest.raises(fetch.PermanentFetchError):
        fetch.get(stranger.origin)
    with pytest.raises(fetch.PermanentFetchError):
        fetch.get(stranger.origin, allowed=["http://127.0.0.1:1", "https://127.0.0.1"])
    assert stranger.requests == []
    assert fetch.get(stranger.origin, allowed=[stranger.origin]).body == b"a picture"


@pytest.mark.parametrize(
    ("url", "allowed", "is_allowed"),
    [
        ("https://id.example/token", "https://id.example", True),
        ("https://id.example:443/token", "https://id.example", True),
        ("https://id.example/token", "https://id.example:443", True),
        ("https://ID.example/token", "https://id.example", True),
        ("http://id.example/token", "https://id.example", False),
        ("https://id.example:8443/token", "https://id.example", False),
        ("https://x.id.example/token", "https://id.example", False),
        ("https://id.example/token", "", False),
    ],
)
def test_an_origin_matches_with_and_without_its_default_port(url: str, allowed: str, is_allowed: bool) -> None:
    assert fetch.is_allowed(urlsplit(url), [allowed]) is is_allowed


def test_a_host_name_with_a_private_address_is_refused_when_connecting(
    stranger: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ALLOWED_PORTS", {stranger.server_port})
    resolve_to(monkeypatch, "127.0.0.1", "::1", "169.254.169.254")
    with pytest.raises(fetch.PermanentFetchError, match="no public IP address"):
        fetch.get(f"http://pictures.example:{stranger.server_port}/")
    assert stranger.requests == []


def test_a_host_name_with_public_and_private_addresses_uses_the_public_one_and_is_resolved_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            tried.append(address[0])
            raise ConnectionRefusedError("closed")

    faces = iter([["10.0.0.1", "93.184.215.14"], ["127.0.0.1"]])
    monkeypatch.setattr(socket, "socket", Socket)
    resolve_to(monkeypatch, *next(faces))
    with pytest.raises(fetch.FetchError, match="closed"):
        fetch.get("http://pictures.example/")
    assert tried == ["93.184.215.14"]


def test_a_redirect_to_a_private_address_is_refused(
    server: Server, stranger: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ALLOWED_PORTS", {stranger.server_port})
    server.responder = lambda handler: handler.respond(302, Location=f"{stranger.origin}/secret")
    with pytest.raises(fetch.PermanentFetchError, match="no public IP address"):
        fetch.get(server.origin)
    assert stranger.requests == []


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "//", "http://"]
)
def test_a_redirect_to_another_scheme_is_refused(server: Server, target: str) -> None:
    server.responder = lambda handler: handler.respond(302, Location=target)
    with pytest.raises(fetch.PermanentFetchError):
        fetch.get(server.origin)


def test_three_redirects_are_followed_and_a_fourth_is_not(server: Server) -> None:
    def onward(handler: Handler) -> None:
        step = int(handler.path[1:])
        handler.respond(302, Location=f"/{step - 1}") if step else handler.respond(body=b"there")

    server.responder = onward
    assert fetch.get(f"{server.origin}/3").body == b"there"
    with pytest.raises(fetch.PermanentFetchError, match="3 redirects"):
        fetch.get(f"{server.origin}/4")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "javascript:alert(1)",
        "data:,x",
        "/x.png",
        "",
        "http://",
        "http://[::1",
        "http://example.org:99999/",
        "http://example.org:25/",
    ],
)
def test_invalid_urls_are_not_requested(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch)
    with pytest.raises(fetch.PermanentFetchError):
        fetch.get(url)


def drip(head: bytes) -> Responder:
    def answer(handler: Handler) -> None:
        handler.wfile.write(head)
        while not handler.server.is_stopped.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        drip(b""),
        drip(b"HTTP/1.1 200 OK\r\nX: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\n\r\n"),
        lambda handler: handler.server.is_stopped.wait(10),
    ],
    ids=["status", "header", "body", "body-without-length", "silence"],
)
def test_no_request_exceeds_its_deadline(server: Server, answer: Responder) -> None:
    server.responder = answer
    start = time.monotonic()
    with pytest.raises(fetch.FetchError, match=r"timed out"):
        fetch.get(server.origin, seconds=0.3)
    assert time.monotonic() - start < 2


def test_redirects_share_the_deadline(server: Server) -> None:
    def answer(handler: Handler) -> None:
        handler.server.is_stopped.wait(0.2)
        handler.respond(302, Location="/again")

    server.responder = answer
    with pytest.raises(fetch.FetchError, match="timed out"):
        fetch.get(server.origin, seconds=0.3)


def test_a_silent_resolver_does_not_exceed_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **rest: is_over.wait(10))
    with pytest.raises(fetch.FetchError, match="timed out"):
        fetch.get("http://pictures.example/", seconds=0.2)
    is_over.set()


def test_an_unknown_host_name_may_be_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **rest: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(fetch.FetchError, match="was not found") as caught:
        fetch.get("http://pictures.example/")
    assert not isinstance(caught.value, fetch.PermanentFetchError)


def chunked(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not handler.server.is_stopped.is_set():
        handler.wfile.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.respond(body=b"x" * 3_000_000),
        chunked,
        lambda handler: handler.respond(Content_Length=str(10**15)),
    ],
    ids=["large", "chunked", "announced"],
)
def test_a_too_large_response_is_refused(server: Server, answer: Responder) -> None:
    server.responder = answer
    with pytest.raises(fetch.PermanentFetchError, match="larger than 1 MB"):
        fetch.get(server.origin, max_bytes=1024 * 1024)


def test_an_incomplete_response_is_an_error(server: Server) -> None:
    server.responder = lambda handler: handler.respond(body=b"half", Content_Length="8")
    with pytest.raises(fetch.FetchError):
        fetch.get(server.origin)


@pytest.mark.parametrize(("status", "is_final"), [(404, True), (403, True), (204, True), (429, False), (503, False)])
def test_the_status_of_an_error_says_whether_to_retry(server: Server, status: int, is_final: bool) -> None:
    server.responder = lambda handler: handler.respond(status)
    with pytest.raises(fetch.FetchError, match=str(status)) as caught:
        fetch.get(server.origin)
    assert isinstance(caught.value, fetch.PermanentFetchError) is is_final


def speak_smtp(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def test_a_response_that_is_not_http_is_an_error(server: Server) -> None:
    server.responder = speak_smtp
    with pytest.raises(fetch.FetchError):
        fetch.get(server.origin)


def self_signed(host: str, folder: Path) -> Path:
    """Write a key and a self-signed certificate into one file and return it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(secret + certificate.public_bytes(pem))
    return file


def test_an_untrusted_certificate_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificate = self_signed("pictures.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    origin = f"https://pictures.example:{server.server_port}"
    allow_requests_to(monkeypatch, origin)
    resolve_to(monkeypatch, "127.0.0.1")
    with pytest.raises(fetch.FetchError, match="certificate"):
        fetch.get(origin)
    assert server.requests == []
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    assert fetch.get(origin).body == b"a picture"
