"""The authentication backend: one password check for each login, also for an account that does not exist."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username

from accounts.models import User


class Backend(AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        """The user together with their Commenter, which every page needs."""
        user = User.objects.select_related("commenter").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def _authenticate(self, request: Any, **credentials: Any) -> Any:
        """Check the password of one account. allauth tries each way to read the login, which shows in the time taken.

        `_check_password` and, if there is no account, `authenticate` cost one hash each.
        """
        user = user_named(credentials.get("email", ""), credentials.get("username", ""))
        return self._check_password(user, credentials.get("password", ""))


def user_named(email: str, username: str) -> User | None:
    """The account that a login names: by its username, or else by its email address, a verified one first."""
    if username and (user := get_user_by_username(username)):
        return user  # type: ignore[return-value]
    found = filter_users_by_email(email, prefer_verified=True, for_login=True) if email else []
    return min(found, key=lambda user: user.pk, default=None)
