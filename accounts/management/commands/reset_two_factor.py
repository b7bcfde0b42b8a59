"""`manage.py reset_two_factor LOGIN`: removes two-factor authentication for a person who has lost the device."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.login import mfa
from accounts.models import User


class Command(BaseCommand):
    help = "Removes an account’s authenticator app, passkeys and recovery codes, and ends its sessions."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login", metavar="LOGIN", help="a username or an email address")

    def handle(self, *args: Any, login: str, **options: Any) -> None:
        user = self.find_user(login)
        name = user.get_username()
        removed, sessions = mfa.reset(user)
        if not removed:
            self.stdout.write(f"{name} has no two-factor authentication. Nothing was changed.")
            return
        ended = "1 session" if sessions == 1 else f"{sessions} sessions"
        self.stdout.write(f"Removed from {name}: {', '.join(removed)}. Ended {ended}.")

    def find_user(self, login: str) -> User:
        """Return the only user with this username or email address. Raises CommandError."""
        users = list(User.objects.with_login(login))
        if not users:
            raise CommandError(f"No account has the username or email address {login!r}.")
        if len(users) > 1:
            names = ", ".join(user.get_username() for user in users)
            raise CommandError(
                f"Several accounts have the email address {login!r}. Use one of these usernames: {names}."
            )
        return users[0]
