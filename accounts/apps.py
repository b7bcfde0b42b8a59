"""Django app configurations of accounts and of allauth's sessions."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")  # allauth's app is already called Accounts in the admin
    default = True

    def ready(self) -> None:
        from accounts import bylines, doctor  # noqa: F401
        from search import sources

        sources.people.append(bylines.people)


class SessionsConfig(UserSessionsConfig):
    def ready(self) -> None:
        """Connect none of allauth's signals: accounts.login.sessions records sessions, without IP addresses."""
