"""A test client that logs in by the demo provider, emailed codes and password."""

import re
from typing import Any

from django.core import mail
from django.test import Client

from accounts.models import Commenter, User
from config import providers
from tests.services import provider as demo

PASSWORD = "a letter to no one"
HEADERS = {"host": "127.0.0.1", "sec-fetch-site": "same-origin"}


def configure_provider(settings: Any, base: str) -> None:
    """Configure the demo provider for every service and for "club", an untrusted OpenID Connect server.

    Both OpenID Connect servers send `email_verified` for the same people.
    """
    club = providers.oidc_provider({**providers.demo_server(base), "id": "club", "name": "The Club", "trusted": False})
    settings.PROVIDERS = (*providers.configured_providers({}, base), club)
    settings.SOCIALACCOUNT_PROVIDERS = providers.allauth_settings(settings.PROVIDERS)
    settings.FETCH_ALLOWED_ORIGINS = frozenset({base})


class Browser(Client):
    def __init__(self, address: str = "203.0.113.7") -> None:
        super().__init__(headers=HEADERS, REMOTE_ADDR=address)

    @property
    def user(self) -> Any:
        """Return the logged-in user."""
        key = self.session.get("_auth_user_id")
        return User.objects.filter(pk=key).first() if key and self.get("/accounts/me/").status_code == 200 else None

    @property
    def commenter(self) -> Commenter:
        return Commenter.objects.get(user=self.user)

    def start_login(self, service: str, *, connect: bool = False, to: str = "/accounts/done/") -> str:
        """Start a login and return the URL of the service's page."""
        path = f"/accounts/{'oidc/' if service in {'demo', 'club'} else ''}{ {'x': 'twitter_oauth2'}.get(service, service) }/login/"
        answer = self.post(f"{path}?{'process=connect&' if connect else ''}next={to}")
        assert answer.status_code == 302, answer.content.decode()
        return str(answer.headers["Location"])

    def finish_login(self, address: str) -> Any:
        return self.get(address.removeprefix("http://127.0.0.1").removeprefix("http://testserver"))

    def log_in(self, service: str, who: str = "Mara Lindqvist", **more: Any) -> Any:
        return self.finish_login(demo.complete_authorization(self.start_login(service, **more), who))

    def connect(self, service: str, who: str = "Mara Lindqvist") -> Any:
        return self.log_in(service, who, connect=True, to="/accounts/3rdparty/")

    def log_in_by_password(self, login: str, password: str) -> Any:
        return self.post("/accounts/login/", {"login": login, "password": password})

    def ask_for_code(self, email: str) -> str:
        """Request a code and return it from the email."""
        self.post("/accounts/login/code/", {"email": email})
        return code_in(mail.outbox[-1])

    def enter_code(self, code: str) -> Any:
        return self.post("/accounts/login/code/confirm/", {"code": code})

    def log_in_by_code(self, email: str) -> Any:
        return self.enter_code(self.ask_for_code(email))

    def sign_up(self, email: str, name: str, password: str = "") -> Any:
        """Sign up; the account cannot be used before the address is verified."""
        answer = self.post("/accounts/signup/", {"email": email, "name": name})
        if password:
            user = User.objects.get(emailaddress__email=email)
            user.set_password(password)
            user.save()
        return answer


def code_in(message: Any) -> str:
    found = re.search(r"^\s*(\d[\d-]{5,})\s*$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found[1]
