"""The client's address and scheme: the peer's own, or those that a trusted proxy forwards."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from server.logs.current import accept_id

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Headers by which Django or a library could see another address, host, path or method than the real one.
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
UNDERSCORED = "rejoinder.underscored"  # environ key that marks a header such as X_Forwarded_For
MOST_HOPS = 50
LONGEST = 64


@lru_cache(4096)
def parse(text: str) -> Address | None:
    """Parse an address as proxies write it: bare, with a port, in brackets, in quotes or with a zone; else None."""
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
    """Return the network that shares a rate limit: one IPv4 address or an IPv6 /64; other text is returned as it is."""
    address = parse(text)
    if address is None:
        return text
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def forwarded_scheme(header: str, scheme: str) -> str:
    """Return the scheme that the nearest proxy has written into X-Forwarded-Proto, else `scheme`."""
    forwarded = header.rpartition(",")[2].strip().lower()
    return forwarded if forwarded in {"http", "https"} else scheme


def is_forwarding(name: str) -> bool:
    """Return whether a header, upper-case with underscores, names another client, host, path or method."""
    return f"HTTP_{name}" in FORWARDING


class Proxies:
    def __init__(self, trusted: Iterable[str]) -> None:
        self.trusted: tuple[Network, ...] = tuple(ip_network(text, strict=False) for text in trusted)

    def is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)

    def set_client(self, environ: dict[str, Any]) -> None:
        """Set REMOTE_ADDR and the scheme to the client's, and remove all forwarding headers."""
        if self.trusted or ":" in environ.get("REMOTE_ADDR", ""):
            self._apply_forwarded(environ)
        if not FORWARDING.isdisjoint(environ):
            for name in FORWARDING & environ.keys():
                del environ[name]

    def scheme(self, client: str, forwarded: str, scheme: str) -> str:
        """Return the scheme that set_client() would set; `forwarded` is the header X-Forwarded-Proto."""
        if not (self.trusted and forwarded):
            return scheme
        peer = parse(client)
        return forwarded_scheme(forwarded, scheme) if peer is not None and self.is_trusted(peer) else scheme

    def _apply_forwarded(self, environ: dict[str, Any]) -> None:
        """Set the client's address and scheme from the headers of a trusted proxy."""
        if (peer := parse(environ.get("REMOTE_ADDR", ""))) is None:
            return
        environ["REMOTE_ADDR"] = str(peer)
        if not self.is_trusted(peer):
            return
        accept_id(environ)
        environ["REMOTE_ADDR"] = str(self._client_address(peer, environ.get("HTTP_X_FORWARDED_FOR", "")))
        if forwarded := environ.get("HTTP_X_FORWARDED_PROTO", ""):
            environ["wsgi.url_scheme"] = forwarded_scheme(forwarded, environ["wsgi.url_scheme"])

    def _client_address(self, peer: Address, chain: str) -> Address:
        """Return the right-most address that is not a trusted proxy; in a malformed chain, the last valid one."""
        known = peer
        for hop in reversed(chain.rsplit(",", MOST_HOPS)):
            address = parse(hop) if len(hop) <= LONGEST else None
            if address is None:
                return known
            known = address
            if not self.is_trusted(address):
                return known
        return known
