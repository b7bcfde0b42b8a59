"""The demo provider's HTML pages: authorization, errors, and the pages that profiles link to."""

import base64
import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.template import Context, Engine
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext

from demo.identity_provider.grants import Asked
from demo.identity_provider.people import ODD, PLAIN
from demo.identity_provider.service import PROBLEMS, Service
from demo.identity_provider.troubles import TROUBLES, Place
from demo.identity_provider.wire import Answer

FOLDER = Path(__file__).parent / "templates"
ENGINE = Engine(dirs=[str(FOLDER)], builtins=["django.templatetags.i18n"])
STYLE = (FOLDER / "page.css").read_text()
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{DIGEST}'",
        "img-src 'self'",
        "form-action 'self' 127.0.0.1:* localhost:*",  # Chromium checks the redirect to the site against it
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def authorize(service: Service, asked: Asked) -> Answer:
    groups = [(place.value, [trouble for trouble in TROUBLES if trouble.place is place]) for place in Place]
    return page(
        "authorize.html",
        service=service,
        site=urlsplit(asked.redirect_uri).netloc,
        wants=[service.scopes.get(scope, scope) for scope in asked.scopes],
        plain=PLAIN,
        odd=ODD,
        troubles=groups,
    )


def refusal(service: Service, problem: str) -> Answer:
    words = service.refusal(problem)
    return page("refusal.html", HTTPStatus.BAD_REQUEST, service=service, words=words, hint=PROBLEMS[problem])


def message(title: str, words: str, status: int = HTTPStatus.OK) -> Answer:
    return page("message.html", status, title=title, words=words)


def home() -> Answer:
    return message(
        gettext("Demo login"),
        gettext("This server imitates X, Facebook, WordPress.com and an OpenID Connect server for the demo site."),
    )


def nothing() -> Answer:
    return message(gettext("Page not found"), gettext("The demo login has no such page."), HTTPStatus.NOT_FOUND)


def page(template: str, status: int = HTTPStatus.OK, **context: Any) -> Answer:
    # From our own file; the policy allows exactly this text.
    style = mark_safe(STYLE)  # noqa: S308
    html = ENGINE.get_template(template).render(Context({"style": style, "language": get_language(), **context}))
    headers = {"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"}
    return Answer(status, html.encode(), headers=headers)
