"""The login providers: which of them the environment enables, and allauth's settings for each."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

OIDC_SERVERS = "OIDC_SERVERS"
ALLAUTH = "allauth.socialaccount.providers"


@dataclass(frozen=True)
class Provider:
    """A service that people can log in with."""

    key: str  # in our addresses; in capitals, the beginning of its names in the environment
    name: str  # as shown on the page
    id: str  # as allauth stores it with an account
    origins: tuple[str, ...]  # of its pages, for form-action of the content policy
    verifies_emails: bool = False  # whether we trust the emails that it reports
    app: str = ""  # the Django app; accounts.providers has our own
    settings: Mapping[str, Any] = field(default_factory=dict)  # allauth's
    server_url: str = ""  # of an OpenID Connect server
    demo: Mapping[str, str] = field(default_factory=dict)  # its paths at the demo provider, which can imitate it
    is_demo: bool = False
    mark: str = "key"  # the name of its icon

    @property
    def callback(self) -> str:
        """Return the path of our redirect URI, which has to be registered with the provider."""
        return f"/accounts/{'oidc/' if self.server_url else ''}{self.id}/login/callback/"

    @property
    def names(self) -> list[str]:
        """Return the environment variables that enable this provider."""
        parts = ["TEAM_ID", "KEY_ID", "KEY_FILE"] if self.key == "apple" else ["CLIENT_SECRET"]
        return [f"{self.key.upper()}_{part}" for part in ("CLIENT_ID", *parts)]


_KNOWN = (
    Provider(
        "x",
        "X (Twitter)",
        "twitter_oauth2",
        ("https://x.com", "https://twitter.com"),
        verifies_emails=True,
        settings={
            "SCOPE": ["users.read", "tweet.read", "users.email"],
            "FIELDS": ["id", "name", "username", "profile_image_url", "confirmed_email"],
        },
        demo={
            "AUTHORIZE_URL": "/x/i/oauth2/authorize",
            "ACCESS_TOKEN_URL": "/x/2/oauth2/token",
            "PROFILE_URL": "/x/2/users/me",
        },
    ),
    Provider(
        "facebook",
        "Facebook",
        "facebook",
        ("https://www.facebook.com", "https://m.facebook.com"),
        settings={
            "SCOPE": ["email", "public_profile"],
            "FIELDS": ["id", "name", "first_name", "last_name", "email", "link", "picture.width(256)"],
        },
        demo={"AUTHORIZE_URL": "/facebook/v24.0/dialog/oauth", "GRAPH_API_URL": "/facebook/v24.0"},
    ),
    Provider(
        "wordpress",
        "WordPress.com",
        "wordpress",
        ("https://public-api.wordpress.com", "https://wordpress.com"),
        demo={
            "AUTHORIZE_URL": "/wordpress/oauth2/authorize",
            "ACCESS_TOKEN_URL": "/wordpress/oauth2/token",
            "PROFILE_URL": "/wordpress/rest/v1.1/me/",
        },
    ),
    Provider("google", "Google", "google", ("https://accounts.google.com",), True, f"{ALLAUTH}.google"),
    Provider("apple", "Apple", "apple", ("https://appleid.apple.com",), True, f"{ALLAUTH}.apple"),
    Provider("github", "GitHub", "github", ("https://github.com",), app=f"{ALLAUTH}.github"),
    Provider(
        "microsoft",
        "Microsoft",
        "microsoft",
        ("https://login.microsoftonline.com", "https://login.live.com"),
        app=f"{ALLAUTH}.microsoft",
    ),
    Provider(
        "linkedin", "LinkedIn", "linkedin", ("https://www.linkedin.com",), server_url="https://www.linkedin.com/oauth"
    ),
)

KNOWN = tuple(replace(provider, mark=provider.key) for provider in _KNOWN)  # each has an icon
NAMES = {OIDC_SERVERS, *(name for provider in KNOWN for name in provider.names)}  # of variables


def configured_providers(environment: Mapping[str, str], demo: str = "") -> tuple[Provider, ...]:
    """Return each provider that has its keys, in the order of the icons; `demo` is the demo provider's URL."""
    found = [read_provider(known, environment, demo) for known in KNOWN]
    if demo and OIDC_SERVERS not in environment:
        found.append(oidc_provider({**demo_server(demo), "trusted": True}, is_demo=True))
    found += oidc_providers(environment.get(OIDC_SERVERS, ""))
    return tuple(provider for provider in found if provider)


def demo_server(demo: str) -> dict[str, str]:
    """Return an entry of OIDC_SERVERS for the demo provider at this URL."""
    return {"id": "demo", "name": "Demo ID", "server": f"{demo}/oidc", "client_id": "demo", "client_secret": "demo"}


def read_provider(known: Provider, environment: Mapping[str, str], demo: str) -> Provider | None:
    """Return a provider whose variables are set or that the demo imitates, else None. Raises ImproperlyConfigured."""
    names = known.names
    values = [environment.get(name, "").strip() for name in names]
    if all(values):
        return replace(known, settings=build_settings(known, *values))
    if any(values):
        missing = ", ".join(name for name, value in zip(names, values, strict=True) if not value)
        raise ImproperlyConfigured(f"Login with {known.name} needs {', '.join(names)}. Missing: {missing}.")
    if not demo or not known.demo:
        return None
    addresses = {name: f"{demo}{path}" for name, path in known.demo.items()}
    settings = {**build_settings(known, "demo", "demo"), **addresses}
    return replace(known, settings=settings, origins=(demo,), is_demo=True)


def build_settings(known: Provider, client_id: str, *secrets: str) -> dict[str, Any]:
    """Return allauth's settings of a provider; `secrets` follow the client id in its variables."""
    app: dict[str, Any] = {"client_id": client_id, "secret": secrets[0]}
    if known.server_url:
        app |= {"provider_id": known.id, "name": known.name, "settings": {"server_url": known.server_url}}
    elif known.key == "apple":  # signs with a key instead of sending a secret
        team, key, file = secrets
        app |= {"key": team, "secret": key, "settings": {"certificate_key": read_private_key(Path(file))}}
    return {"APP": app, "OAUTH_PKCE_ENABLED": True, **known.settings}


def read_private_key(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"APPLE_KEY_FILE must be a file that this user can read: {error}.") from error


def oidc_providers(text: str) -> list[Provider]:
    """Parse OIDC_SERVERS, a JSON list of objects with id, name, server, client_id and client_secret.

    `trusted` accepts the server's word for verified emails; `origins` lists other hosts that its login page uses.
    """
    try:
        found = [oidc_provider(entry) for entry in json.loads(text or "[]")]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImproperlyConfigured(
            'OIDC_SERVERS must be a JSON list such as [{"id": "lab", "name": "The Lab", "server": '
            '"https://id.example.org", "client_id": "…", "client_secret": "…", "trusted": false}]'
        ) from error
    if len({provider.key for provider in found}) < len(found):  # else one server's users could log in as another's
        raise ImproperlyConfigured("OIDC_SERVERS: each server needs a unique id.")
    return found


def oidc_provider(entry: Mapping[str, Any], *, is_demo: bool = False) -> Provider:
    """Build a provider from an entry of OIDC_SERVERS."""
    key, address, origins = str(entry["id"]), str(entry["server"]).rstrip("/"), entry.get("origins", [])
    if not isinstance(origins, list):
        raise TypeError(f"The origins of {key!r} are not a list.")
    if not key.isascii() or not key.replace("-", "").isalnum() or key in {"site", *(known.key for known in KNOWN)}:
        raise ImproperlyConfigured(
            f"OIDC_SERVERS: {key!r} cannot be used as an id. Use letters, digits and hyphens, but not a reserved name."
        )
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"OIDC_SERVERS: {key!r} needs a full URL such as https://id.example.org.")
    provider = Provider(
        key=key,
        name=str(entry["name"]),
        id=key,
        origins=(f"{parts.scheme}://{parts.netloc}", *map(str, origins)),
        verifies_emails=entry.get("trusted") is True,
        server_url=address,
        is_demo=is_demo,
    )
    return replace(provider, settings=build_settings(provider, str(entry["client_id"]), str(entry["client_secret"])))


def apps_of(providers: Iterable[Provider]) -> list[str]:
    """Return the Django apps that these providers need."""
    needed = [f"{ALLAUTH}.openid_connect" if provider.server_url else provider.app for provider in providers]
    return [app for app in dict.fromkeys(needed) if app]


def allauth_settings(providers: Iterable[Provider]) -> dict[str, Any]:
    """Return the value of SOCIALACCOUNT_PROVIDERS."""
    listed = list(providers)
    found: dict[str, Any] = {provider.id: dict(provider.settings) for provider in listed if not provider.server_url}
    spoken = [provider.settings["APP"] for provider in listed if provider.server_url]
    return {**found, "openid_connect": {"APPS": spoken, "OAUTH_PKCE_ENABLED": True}} if spoken else found
