"""Addresses: which may be linked to, how they are written, and where in plain words they stand."""

import re
import unicodedata
from urllib.parse import unquote

from accounts.profiles.names import is_mixed, looks_latin
from blog.markup import hosts

LONGEST = 2000

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
IN_TEXT = re.compile(rf"(?<![A-Za-z0-9@./_-])(?:https?://|www\.)[^{_END}]+", re.IGNORECASE)
AFTER_SCHEME = re.compile(rf"://[^{_END}\[\]]+")


def abroad(address: str) -> str | None:
    """A link out of a comment: http, https or mailto with a whole address, or none."""
    address = re.sub(r"[\t\n\r]", "", address).strip()
    if len(address) > LONGEST:
        return None
    if web := _WEB.fullmatch(address):
        return _web(web[1].lower(), web[2], web[3])
    if mail := _MAIL.fullmatch(address):
        return f"mailto:{mail[1]}"
    if _BARE_HOST.match(address) and not re.match(r"[\w.-]+:(?![0-9])", address):
        return abroad(f"https://{address}")
    return None


def anywhere(address: str) -> str | None:
    """A link in an essay: also within this site, by path or by fragment."""
    address = hosts.completed(re.sub(r"[\t\n\r]", "", address).strip())
    if len(address) > LONGEST or not address:
        return None
    if re.match(r"[/\\]{2}|www\.", address):
        return abroad("https:" + address)
    if _SCHEME.match(address) or _WEB.match(address):
        return abroad(address)
    if "\\" in address or ":" in re.split(r"[/?#]", address)[0]:
        return None
    return _UNSAFE.sub(_escaped, address)


def picture(address: str) -> str | None:
    """The place of an image: on the web or on this site."""
    found = anywhere(address)
    return None if found is None or found.startswith(("mailto:", "#")) else found


def _web(scheme: str, authority: str, rest: str) -> str | None:
    if not authority.isascii() or "%" in authority:
        authority = unicodedata.normalize("NFKC", unquote(authority)).lower()
    if not _HOST.fullmatch(authority):
        return None
    rest = _UNSAFE.sub(_escaped, rest.replace("\\", "/", 1) if rest.startswith("\\") else rest)
    return f"{scheme}://{plain_host(authority)}{rest}"


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def plain_host(host: str) -> str:
    """A host, with each label that mixes scripts or imitates Latin letters in its xn-- form."""
    if host.isascii():
        return host
    return ".".join(_label(label) for label in host.split("."))


def _label(label: str) -> str:
    if label.isascii() or not (is_mixed(label) or looks_latin(label)):
        return label
    return "xn--" + label.encode("punycode").decode()


def shown(address: str) -> str:
    """An address as it may be read: as typed, but for a host that deceives the eye."""
    web = _WEB.fullmatch(address)
    if address.isascii() or not web:
        return address
    host = plain_host(web[2])
    return address if host == web[2] else address.replace(web[2], host, 1)


def split_trailing(address: str) -> tuple[str, str]:
    """An address found in text, and the punctuation after it that belongs to the sentence."""
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
