"""Who is calling: the peer, or what a trusted proxy says of it, whatever else the headers hold."""

from typing import Any

import pytest

from server.http.proxies import Proxies, network

TRUSTED = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"]


def settled(peer: str, *, trusted: list[str] = TRUSTED, **headers: str) -> dict[str, Any]:
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "example.org", **named}
    Proxies(trusted).set_client(environ)
    return environ


@pytest.mark.parametrize(
    ("peer", "chain", "caller"),
    [
        ("198.51.100.9", "203.0.113.1", "198.51.100.9"),  # nobody we trust
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.1", "203.0.113.1"),
        ("10.1.2.3", "1.2.3.4, 203.0.113.1", "203.0.113.1"),  # the left one is the caller's own invention
        ("10.1.2.3", "1.2.3.4,203.0.113.1, 10.9.9.9", "203.0.113.1"),
        ("10.1.2.3", "10.4.4.4, 10.5.5.5", "10.4.4.4"),
        ("10.1.2.3", "203.0.113.1:51234", "203.0.113.1"),
        ("10.1.2.3", '"[2001:db8::7]:443"', "2001:db8::7"),
        ("10.1.2.3", "2001:DB8:0:0::7", "2001:db8::7"),
        ("10.1.2.3", "fe80::1%eth0", "fe80::1"),
        ("fd00::1", "203.0.113.1", "203.0.113.1"),
        ("::ffff:127.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("::ffff:198.51.100.9", "203.0.113.1", "198.51.100.9"),
        ("10.1.2.3", "::ffff:203.0.113.1", "203.0.113.1"),
        ("10.1.2.3", "unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.1, unknown", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.1, <script>, 10.5.5.5", "10.5.5.5"),
        ("10.1.2.3", ",,,", "10.1.2.3"),
        ("10.1.2.3", "999.1.1.1", "10.1.2.3"),
        ("10.1.2.3", "[", "10.1.2.3"),
        ("10.1.2.3", "\xff\x00é", "10.1.2.3"),
        ("10.1.2.3", "1" * 9000, "10.1.2.3"),
        ("10.1.2.3", ", ".join(["10.7.7.7"] * 4000), "10.7.7.7"),
        ("", "203.0.113.1", ""),  # a socket in the file system has no address
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_is_the_caller(peer: str, chain: str, caller: str) -> None:
    assert settled(peer, x_forwarded_for=chain)["REMOTE_ADDR"] == caller


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.1.2.3", "https", "https"),
        ("10.1.2.3", "HTTPS ", "https"),
        ("10.1.2.3", "http, https", "https"),
        ("10.1.2.3", "javascript", "http"),
        ("10.1.2.3", "", "http"),
        ("198.51.100.9", "https", "http"),
    ],
)
def test_only_a_trusted_proxy_decides_the_scheme(peer: str, said: str, scheme: str) -> None:
    assert settled(peer, x_forwarded_proto=said)["wsgi.url_scheme"] == scheme


@pytest.mark.parametrize("peer", ["10.1.2.3", "198.51.100.9", ""])
@pytest.mark.parametrize("trusted", [TRUSTED, []])
def test_no_forwarding_header_reaches_django(peer: str, trusted: list[str]) -> None:
    headers = {
        "x_forwarded_for": "203.0.113.1",
        "x_forwarded_host": "evil.example",
        "x_forwarded_proto": "https",
        "x_forwarded_port": "81",
        "x_forwarded_prefix": "/evil",
        "forwarded": "for=203.0.113.1;host=evil.example",
        "x_real_ip": "203.0.113.1",
        "true_client_ip": "203.0.113.1",
        "cf_connecting_ip": "203.0.113.1",
        "x_original_url": "/admin/",
        "x_rewrite_url": "/admin/",
        "x_http_method_override": "DELETE",
        "x_host": "evil.example",
    }
    left = settled(peer, trusted=trusted, accept="*/*", **headers)
    assert {name for name in left if name.startswith("HTTP_")} == {"HTTP_HOST", "HTTP_ACCEPT"}


def test_those_who_share_a_limit() -> None:
    assert network("203.0.113.1") == "203.0.113.1"
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:3::9") != network("2001:db8:1:2::9")
    assert network("::ffff:203.0.113.1") == "203.0.113.1"
    assert network("somebody") == "somebody"
