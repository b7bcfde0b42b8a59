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

from demo.identity_provider.faults import FAULTS, Step
from demo.identity_provider.grants import AuthorizationRequest
from demo.identity_provider.http_messages import Response
from demo.identity_provider.people import PLAIN, UNUSUAL
from demo.identity_provider.service import PROBLEMS, Service

FOLDER = Path(__file__).parent / "templates"
ENGINE = Engine(dirs=[str(FOLDER)], builtins=["django.templatetags.i18n"])
STYLE = (FOLDER / "page.css").read_text()
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Chromium checks the redirect to the site against form-action.
FORM_ACTION = "form-action 'self' 127.0.0.1:* localhost:*"
POLICY = f"default-src 'none'; style-src 'sha256-{DIGEST}'; img-src 'self'; {FORM_ACTION}; "
POLICY += "base-uri 'none'; frame-ancestors 'none'"


def authorization_page(service: Service, authorization: AuthorizationRequest) -> Response:
    """Return the page on which the visitor chooses a person or an error."""
    groups = [(step.value, [fault for fault in FAULTS if fault.step is step]) for step in Step]
    return render_page(
        "authorize.html",
        service=service,
        site=urlsplit(authorization.redirect_uri).netloc,
        scopes=[service.scopes.get(scope, scope) for scope in authorization.scopes],
        plain=PLAIN,
        unusual=UNUSUAL,
        faults=groups,
    )


def error_page(service: Service, problem: str) -> Response:
    """Return the service's error page, with a hint for developers."""
    message = service.error_message(problem)
    return render_page("refusal.html", HTTPStatus.BAD_REQUEST, service=service, message=message, hint=PROBLEMS[problem])


def message_page(title: str, text: str, status: int = HTTPStatus.OK) -> Response:
    return render_page("message.html", status, title=title, message=text)


def home_page() -> Response:
    return message_page(
        gettext("Demo login"),
        gettext("This server imitates X, Facebook, WordPress.com and an OpenID Connect server for the demo site."),
    )


def not_found_page() -> Response:
    return message_page(
        gettext("Page not found"), gettext("The demo login has no page at this URL."), HTTPStatus.NOT_FOUND
    )


def render_page(template: str, status: int = HTTPStatus.OK, **context: Any) -> Response:
    # From our own file; the policy allows exactly this text.
    style = mark_safe(STYLE)  # noqa: S308
    html = ENGINE.get_template(template).render(Context({"style": style, "language": get_language(), **context}))
    headers = {"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"}
    return Response(status, html.encode(), headers=headers)
