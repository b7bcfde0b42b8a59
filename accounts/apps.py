"""The app: who speaks."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default = True


class SessionsConfig(UserSessionsConfig):
    """Sessions are written down by accounts.sessions, which leaves out the address that allauth would keep."""

    def ready(self) -> None:
        pass
