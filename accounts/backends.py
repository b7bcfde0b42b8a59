"""Log-in by allauth; a person's row comes with the one that speaks for them."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User


class Backend(AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("commenter").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
