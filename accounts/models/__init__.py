"""The models of accounts."""

from accounts.models.commenter import MAX_EMAIL_LENGTH, Commenter, CommenterQuerySet, email_if_it_fits
from accounts.models.invitation import Invitation
from accounts.models.user import QueueMail, User

__all__ = ["MAX_EMAIL_LENGTH", "Commenter", "CommenterQuerySet", "Invitation", "QueueMail", "User", "email_if_it_fits"]
