"""Whose word counts about who is calling: the peer's own address, or what a trusted proxy says of it."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Whatever could tell Django, or a library under it, of another address, host, path or method than the real one.
NAMES = """
    CF_CONNECTING_IP CF_CONNECTING_IPV6 CLIENT_IP FASTLY_CLIENT_IP FORWARDED FORWARDED_FOR FORWARDED_HOST
    FORWARDED_PROTO FRONT_END_HTTPS PROXY TRUE_CLIENT_IP X_CLIENT_IP X_CLUSTER_CLIENT_IP X_FORWARDED
    X_FORWARDED_BY X_FORWARDED_FOR X_FORWARDED_HOST X_FORWARDED_METHOD X_FORWARDED_PATH X_FORWARDED_PORT
    X_FORWARDED_PREFIX X_FORWARDED_PROTO X_FORWARDED_PROTOCOL X_FORWARDED_SCHEME X_FORWARDED_SERVER
    X_FORWARDED_SSL X_FORWARDED_URI X_FORWARDED_USER X_HOST X_HTTP_METHOD X_HTTP_METHOD_OVERRIDE
    X_METHOD_OVERRIDE X_ORIGINAL_HOST X_ORIGINAL_URL X_ORIGINATING_IP X_REAL_IP X_REMOTE_ADDR X_REMOTE_IP
    X_REWRITE_URL X_SCHEME X_URL_SCHEME
"""
FORWARDING = frozenset(f"HTTP_{name}" for name in NAMES.split())
UNDERSCORED = "rejoinder.underscored"  # in the environ: there was a header such as X_Forwarded_For
MOST_HOPS = 50
LONGEST = 64


@lru_cache(4096)
def parse(text: str) -> Address | None:
    """An address as proxies write it: bare, with a port, in brackets, in quotes, with a zone; or None."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(text: str) -> str:
    """Those who share a limit: one IPv4 address, one IPv6 /64; what is no address stays itself."""
    address = parse(text)
    if address is None:
        return text
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def is_forwarding(name: str) -> bool:
    """Return whether a header, in capitals and with underscores, tells of another caller, host, path or method."""
    return f"HTTP_{name}" in FORWARDING


class Proxies:
    def __init__(self, trusted: Iterable[str]) -> None:
        self.trusted: tuple[Network, ...] = tuple(ip_network(text, strict=False) for text in trusted)

    def are_trusted(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)

    def settle(self, environ: dict[str, Any]) -> None:
        """Makes REMOTE_ADDR and the scheme true, and leaves no header that says otherwise."""
        if self.trusted or ":" in environ.get("REMOTE_ADDR", ""):
            self._believe(environ)
        if not FORWARDING.isdisjoint(environ):
            for name in FORWARDING & environ.keys():
                del environ[name]

    def _believe(self, environ: dict[str, Any]) -> None:
        if (peer := parse(environ.get("REMOTE_ADDR", ""))) is None:
            return
        environ["REMOTE_ADDR"] = str(peer)
        if not self.are_trusted(peer):
            return
        environ["REMOTE_ADDR"] = str(self._caller(peer, environ.get("HTTP_X_FORWARDED_FOR", "")))
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme

    def _caller(self, peer: Address, chain: str) -> Address:
        """The right-most address that is not a trusted proxy's own; where the chain breaks off, the last one known."""
        known = peer
        for hop in reversed(chain.rsplit(",", MOST_HOPS)):
            address = parse(hop) if len(hop) <= LONGEST else None
            if address is None:
                return known
            known = address
            if not self.are_trusted(address):
                return known
        return known
