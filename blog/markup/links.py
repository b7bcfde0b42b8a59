"""Addresses of links: which are allowed, how they are written, and where they appear in plain text."""

import re
import unicodedata
from urllib.parse import unquote

from accounts.profiles.names import looks_latin, mixes_scripts
from blog.markup import hosts

MAX_LENGTH = 2000

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_WEB = re.compile(r"(https?):[/\\]*([^/\\?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(
    r"(?:\[[0-9a-f:.]{2,45}\]|[^\s\x00-\x20\x7f\"<>\\^`{|}%@:/?#\[\],;'()*&$!+=~]{1,253})(?::[0-9]{0,5})?",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"mailto:([^\s\"<>\\^`{|}?&#@,;:]{1,64}@[^\s\"<>\\^`{|}?&#@,;:/]{1,253})(?:\?.*)?", re.IGNORECASE | re.DOTALL
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\"'<>\\^`{|}]")
_BARE_HOST = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,24}(?:[/?#:]|$)")

# An address in running text ends at a space, a quotation mark or the punctuation of Chinese and Japanese.
_END = r"\s<>\"`“”«»\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uffef"
ADDRESS_IN_TEXT = re.compile(rf"(?<![A-Za-z0-9@./_-])(?:https?://|www\.)[^{_END}]+", re.IGNORECASE)
AFTER_SCHEME = re.compile(rf"://[^{_END}\[\]]+")


def external_url(address: str) -> str | None:
    """Return the safe form of a full http, https or mailto address, as comments may link to, or None."""
    address = re.sub(r"[\t\n\r]", "", address).strip()
    if len(address) > MAX_LENGTH:
        return None
    if web := _WEB.fullmatch(address):
        return _web_url(web[1].lower(), web[2], web[3])
    if mail := _MAIL.fullmatch(address):
        return f"mailto:{mail[1]}"
    if _BARE_HOST.match(address) and not re.match(r"[\w.-]+:(?![0-9])", address):
        return external_url(f"https://{address}")
    return None


def any_url(address: str) -> str | None:
    """Return the safe form of an address that essays may link to, paths and fragments included, or None."""
    address = hosts.complete_address(re.sub(r"[\t\n\r]", "", address).strip())
    if len(address) > MAX_LENGTH or not address:
        return None
    if re.match(r"[/\\]{2}|www\.", address):
        return external_url("https:" + address)
    if _SCHEME.match(address) or _WEB.match(address):
        return external_url(address)
    if "\\" in address or ":" in re.split(r"[/?#]", address)[0]:
        return None
    return _UNSAFE.sub(_percent_encode, address)


def picture_url(address: str) -> str | None:
    """Return the safe form of a picture's address, on the web or on this site, or None."""
    url = any_url(address)
    return None if url is None or url.startswith(("mailto:", "#")) else url


def _web_url(scheme: str, authority: str, rest: str) -> str | None:
    """Return a web address with a safe host and unsafe characters encoded, or None if its host is invalid."""
    if not authority.isascii() or "%" in authority:
        authority = unicodedata.normalize("NFKC", unquote(authority)).lower()
    if not _HOST.fullmatch(authority):
        return None
    rest = _UNSAFE.sub(_percent_encode, rest.replace("\\", "/", 1) if rest.startswith("\\") else rest)
    return f"{scheme}://{safe_host(authority)}{rest}"


def _percent_encode(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def safe_host(host: str) -> str:
    """Convert the labels of a host that mix scripts or imitate Latin letters to their xn-- form."""
    return ".".join(_safe_label(label) for label in host.split("."))


def _safe_label(label: str) -> str:
    """Return one label of a host name, in its xn-- form if it could be taken for another one."""
    if label.isascii() or not (mixes_scripts(label) or looks_latin(label)):
        return label
    return "xn--" + label.encode("punycode").decode()


def display_form(address: str) -> str:
    """Return an address for display: as typed, unless its host looks like another one."""
    web = _WEB.fullmatch(address)
    if address.isascii() or not web:
        return address
    host = safe_host(web[2])
    return address if host == web[2] else address.replace(web[2], host, 1)


def split_trailing(address: str) -> tuple[str, str]:
    """Split an address found in text from the punctuation after it, which belongs to the sentence."""
    end = len(address)
    surplus = {pair[1]: address.count(pair[1]) - address.count(pair[0]) for pair in ("()", "[]", "{}")}
    while end:
        last = address[end - 1]
        if last in surplus and surplus[last] > 0:
            surplus[last] -= 1
        elif last not in ".,;:!?'’…*_~":
            break
        end -= 1
    return address[:end], address[end:]
