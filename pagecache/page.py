"""A cached page: its bytes plain, as gzip and as brotli, each with its own ETag, and the response to a request."""

import base64
import functools
import hashlib
import threading
from collections.abc import Callable
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli
import deflate

from pagecache.declaration import Headers

PLAIN = "identity"
ENCODERS: dict[str, Callable[[bytes], bytes]] = {  # the better one first
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: bytes(deflate.gzip_compress(body, 9)),  # in the time of zlib's level 6, and 5% smaller
}
REPLACED_HEADERS = frozenset({"cache-control", "vary", "etag", "content-length"})
BODY_HEADERS = frozenset({"content-type", "content-language", "content-disposition"})  # left out if there is no body


class Variant(NamedTuple):
    """One encoding of a page; its body is a list of one, which a server takes without copying."""

    etag: str
    headers: Headers
    unchanged: Headers
    body: list[bytes]

    def is_known_to(self, match: str | None) -> bool:
        """Return whether a client that sends this If-None-Match has these bytes."""
        return match is not None and (self.etag in match or match.strip() == "*")


class CachedPage:
    def __init__(self, headers: Headers, body: bytes) -> None:
        self.size = 0
        self._headers = [
            *((name, value) for name, value in headers if name.lower() not in REPLACED_HEADERS),
            # Browsers may store the page and revalidate it at each visit: so neither they nor a shared
            # cache show an old page after a commit, and going back stays instant, which no-store would forbid.
            ("Cache-Control", "no-cache"),
            ("Vary", "Accept-Encoding, Cookie"),
        ]
        self._lock = threading.Lock()
        self._variants = {PLAIN: self._variant_of(body)}

    def respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Respond in the encoding that the client prefers, or with 304 if it has the page."""
        wanted = preferred_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")[:500])
        variant = self._variants.get(wanted) or self._encode(wanted)
        if variant.is_known_to(environ.get("HTTP_IF_NONE_MATCH")):
            start_response("304 Not Modified", variant.unchanged.copy())
            return []
        start_response("200 OK", variant.headers.copy())
        return variant.body if environ["REQUEST_METHOD"] != "HEAD" else []

    def find_variant(self, accept: str) -> Variant | None:
        """Return the page in the encoding that an Accept-Encoding header prefers; None if not compressed yet."""
        return self._variants.get(preferred_encoding(accept[:500]))

    def _encode(self, encoding: str) -> Variant:
        """Return the page in an encoding, compressed at the first request; the plain one if that is not larger."""
        with self._lock:
            if encoding not in self._variants:
                plain = self._variants[PLAIN]
                body = ENCODERS[encoding](plain.body[0])
                self._variants[encoding] = self._variant_of(body, encoding) if len(body) < len(plain.body[0]) else plain
            return self._variants[encoding]

    def _variant_of(self, body: bytes, encoding: str = PLAIN) -> Variant:
        """Return a variant of the page with this body, and add its size to the page's."""
        digest = hashlib.blake2b(body, digest_size=15).digest()
        etag = f'"{base64.urlsafe_b64encode(digest).decode()}"'
        headers = [*self._headers, ("ETag", etag), ("Content-Length", str(len(body)))]
        if encoding != PLAIN:
            headers.append(("Content-Encoding", encoding))
        # A 304 carries the other headers too: they replace those that a browser has stored, if only they have changed.
        unchanged = [*(pair for pair in self._headers if pair[0].lower() not in BODY_HEADERS), ("ETag", etag)]
        self.size += len(body)
        # A copy: the original was made in a larger piece of memory, whose rest stays as a gap that little fits into.
        return Variant(etag, headers, unchanged, [bytes(memoryview(body))])


@functools.lru_cache(maxsize=256)
def preferred_encoding(accept: str) -> str:
    """Return the encoding that an Accept-Encoding header prefers; of several equal ones, the smaller."""
    weights: dict[str, float] = {}
    for choice in accept.lower().split(","):
        name, *parameters = (part.strip() for part in choice.split(";"))
        quality = next((value for key, _, value in (p.partition("=") for p in parameters) if key.strip() == "q"), "1")
        weights[name.removeprefix("x-")] = parse_quality(quality)
    others = weights.get("*", 0.0)
    best = max(ENCODERS, key=lambda encoding: weights.get(encoding, others))
    best_weight = weights.get(best, others)
    return best if best_weight > 0 and best_weight >= weights.get(PLAIN, 0.0) else PLAIN


def parse_quality(quality: str) -> float:
    """Return the weight of an encoding, such as 0.5, or 0 if it is invalid."""
    try:
        number = float(quality)
    except ValueError:
        return 0.0
    return number if 0 <= number <= 1 else 0.0
