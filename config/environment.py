"""Read environment variables; one that cannot be used stops the program with a line that names it and exit status 2.

Messages never repeat a URL: it may hold a password.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

T = TypeVar("T")

TRUE, FALSE = {"true", "on", "yes", "y", "1"}, {"false", "off", "no", "n", "0", ""}
DATABASES = {"postgres", "postgresql", "sqlite"}
PORTS = {"http": 80, "https": 443}
CACHES = {"redis", "rediss", "dbcache"}
NAMES: set[str] = set()  # of the variables that were read
MAIL_SERVERS = {"smtp", "smtps", "smtp+tls", "smtp+ssl"}
MAIL = MAIL_SERVERS | {"consolemail", "filemail", "dummymail"}
ENCODED = "In a user name or password, write special characters percent-encoded: %23 for #, %2F for /, %40 for @."


def stop(message: str) -> NoReturn:
    """Print the message and end the program: Django imports the settings for every command, so this works for all."""
    print(" ".join(message.split()), file=sys.stderr)  # noqa: T201
    raise SystemExit(2)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn a configuration error in this block into a call of stop()."""
    try:
        yield
    except ImproperlyConfigured as error:
        stop(str(error))


def text(name: str, default: str = "") -> str:
    """Return the environment variable without spaces around it."""
    NAMES.add(name)
    return os.environ.get(name, default).strip()


def comma_separated(name: str) -> list[str]:
    """Return the parts of the variable between its commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def boolean(name: str) -> bool:
    """Return whether the environment variable is true; stop if it is neither true nor false."""
    value = text(name).lower()
    if value not in TRUE | FALSE:
        stop(f"{name} must be true or false, not {value!r}.")
    return value in TRUE


def number(name: str, default: int, *, least: int = 1, most: int) -> int:
    """Return the variable as a whole number; stop if it is not within the bounds."""
    value = text(name) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value[:10]) <= most):
        stop(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def choice(name: str, choices: Collection[str]) -> str:
    """Return the variable, or "" if it is not set; stop if it is not one of the choices."""
    value = text(name)
    if value and value not in choices:
        stop(f"{name} must be {'one of ' if len(choices) > 1 else ''}{', '.join(choices)}, not {value!r}.")
    return value


def networks(name: str) -> list[str]:
    """Return the variable's IP addresses and networks, which are separated by commas."""
    for value in (found := comma_separated(name)):
        try:
            ip_network(value, strict=False)
        except ValueError:
            stop(
                f"{name} must list addresses or networks such as 203.0.113.7 or 10.0.0.0/8, separated by commas; "
                f"{value!r} is neither."
            )
    return found


def email(name: str, default: str = "") -> str:
    """Return the variable; stop if it is not an email address."""
    value = text(name, default)
    if value and not _is_email(value):
        stop(f"{name} must be an email address such as name@example.org, not {value!r}.")
    return value


def secret(name: str, *, least: int) -> str:
    """Return the variable; stop, without repeating it, if it is set and easy to guess or has other characters."""
    value = text(name)
    if value and not (len(value) >= least and value.isascii() and value.isprintable() and " " not in value):
        stop(f"{name} must have at least {least} letters and digits, such as the output of: openssl rand -hex 24")
    return value


def contact(name: str) -> str:
    """Return the variable; stop if it is neither a mailto: nor an https address."""
    value = text(name)
    kind, _, rest = value.partition(":")
    is_contact = _is_email(rest) if kind == "mailto" else kind == "https" and bool(_split_url(value).hostname)
    if value and not (is_contact and value.isascii() and value.isprintable() and " " not in value):
        stop(f"{name} must be mailto:security@example.org or a full https URL, not {value!r}.")
    return value


def folder(name: str, default: Path) -> Path:
    """Return the variable as an absolute path."""
    try:
        return Path(text(name) or default).resolve()
    except (OSError, ValueError) as error:
        stop(f"{name} must be the path of a folder: {error}.")


def address(name: str, default: str = "", *, schemes: Collection[str] = ("https", "http")) -> str:
    """Return a full web address without a slash at its end."""
    value = text(name) or default
    example = f"{next(iter(schemes))}://example.org"
    parts = _split_url(value)
    if value and not (parts.scheme in schemes and parts.hostname and " " not in parts.netloc):
        stop(f"{name} must be a full URL such as {example}.")
    return value.rstrip("/")


def site_address(name: str, default: str) -> str:
    """Return a web address that consists of scheme, host and port, spelled as browsers send it in `Origin`."""
    parts = _split_url(value := address(name, default))
    host = parts.hostname or ""
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        stop(f"{name} must be a full URL such as https://example.org. Write the domain in ASCII, as in xn--….")
    port = "" if parts.port in (None, PORTS.get(parts.scheme)) else f":{parts.port}"
    found = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
    if parts.path or any(each in value for each in "@?#"):
        stop(
            f"{name} must end after the domain, as in https://example.org. "
            "The site cannot be in a folder of a domain, so give it a domain or subdomain of its own."
        )
    return found


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of the database at this URL."""
    value = text(name) or default
    parts = _split_url(value)
    is_usable = parts.scheme in DATABASES and len(parts.path) > 1
    expected = f"{name} must be postgres://user:password@host/name or sqlite:////path/to/file. {ENCODED}"
    return _parse_or_stop(Env.db_url_config, value, expected) if is_usable else stop(expected)


def cache(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of the cache at this URL."""
    value = text(name) or default
    expected = (
        f"{name} must be redis://host:6379/0, or rediss:// with TLS. Leave it unset to use the database as the cache."
    )
    parts = _split_url(value)
    has_number = parts.scheme == "dbcache" or (parts.path.strip("/") or "0").isdigit()
    is_usable = parts.scheme in CACHES and bool(parts.hostname) and has_number
    return _parse_or_stop(Env.cache_url_config, value, expected) if is_usable else stop(expected)


def mail(name: str) -> dict[str, Any]:
    """Return Django's email settings for this URL."""
    expected = f"{name} must be smtp+tls://user:password@host:587, or begin with smtp:// or smtp+ssl://. {ENCODED}"
    parts = _split_url(text(name))
    is_usable = parts.scheme in MAIL and (parts.scheme not in MAIL_SERVERS or bool(parts.hostname))
    return _parse_or_stop(Env.email_url_config, text(name), expected) if is_usable else stop(expected)


def _split_url(value: str) -> SplitResult:
    """Return the parts of a URL, all empty for one that cannot be parsed."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return urlsplit("")
    return parts


def _parse_or_stop(parse: Callable[[str], T], value: str, expected: str) -> T:
    try:
        return parse(value)
    except (ImproperlyConfigured, ValueError):
        stop(expected)


def _is_email(value: str) -> bool:
    _, found = parseaddr(value)
    user, _, host = found.rpartition("@")
    return bool(user and host) and value.isprintable() and " " not in found
