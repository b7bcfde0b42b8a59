"""The models of accounts."""

from accounts.models.commenter import EMAIL_ROOM, Commenter, CommenterQuerySet, email_with_room
from accounts.models.invitation import Invitation
from accounts.models.user import QueueMail, User

__all__ = ["EMAIL_ROOM", "Commenter", "CommenterQuerySet", "Invitation", "QueueMail", "User", "email_with_room"]
