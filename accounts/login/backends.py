"""The authentication backend: one password check per login, even if the account does not exist."""

from accounts import allauth_private
from accounts.allauth_private import filter_users_by_email, get_user_by_username
from accounts.models import User


class Backend(allauth_private.AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        """Fetch the user together with their commenter, which every page needs."""
        user = User.objects.select_related("commenter").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def find_user(self, email: str, username: str) -> User | None:
        return find_user_by_login(email, username)


def find_user_by_login(email: str, username: str) -> User | None:
    """Return the account with this username, or else with this email address, preferably a verified one."""
    if username and (user := get_user_by_username(username)):
        return user  # type: ignore[return-value]
    users = filter_users_by_email(email, prefer_verified=True, for_login=True) if email else []
    return min(users, key=lambda user: user.pk, default=None)
