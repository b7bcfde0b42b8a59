"""The app: who speaks."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")  # allauth's own room in the admin is called Accounts
    default = True

    def ready(self) -> None:
        from accounts import doctor  # noqa: F401


class SessionsConfig(UserSessionsConfig):
    """Sessions are written down by accounts.login.sessions, which leaves out the address that allauth would keep."""

    def ready(self) -> None:
        pass
