"""Erasure of personal data: deleting an account and making its comments anonymous."""

from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

import pagecache
from accounts.login import sessions
from accounts.models import Commenter, Invitation, User
from accounts.profiles import avatars, merging, names


class NotErasable(Exception):
    """This person writes essays or moderates; only the owner can remove them."""


def is_erasable(commenter: Commenter) -> bool:
    """Return whether a person may be erased: they neither write essays nor moderate."""
    user = commenter.user
    return user is None or not (user.is_staff or user.is_superuser or is_author(user))


def is_author(user: User) -> bool:
    """Return whether an essay names the user as its author."""
    return User.objects.filter(names.has_byline(), pk=user.pk).exists()


@transaction.atomic
def erase(commenter: Commenter) -> None:
    """Delete all personal data of a commenter, whose comments become “Anonymous”. Raises NotErasable.

    Cookies in other browsers no longer identify anyone. Every model that points to a Commenter needs a manager with
    `erase`, which says what to delete.
    """
    if not is_erasable(commenter):
        raise NotErasable
    rows = merging.lock_rows(Commenter, commenter.pk)  # before any thread, in the same order as post()
    if commenter.pk not in rows:
        return
    old, user = rows[commenter.pk], commenter.user
    addresses = verified_addresses(old)
    anonymous = Commenter.objects.create(name=_("Anonymous"), created=old.created)
    for model in merging.related_models():
        model.objects.merge(old, anonymous)
        model.objects.erase(anonymous, addresses=addresses)
    if old.picture:
        transaction.on_commit(partial(avatars.delete_files, old.picture), robust=True)
    anonymize_log_entries(Commenter.objects.filter(pk=old.pk))
    old.delete()
    if user:
        erase_user(user)
    pagecache.invalidate("site")


def verified_addresses(commenter: Commenter) -> list[str]:
    """Return the commenter's verified addresses in lower case."""
    rows = EmailAddress.objects.filter(user=commenter.user_id, verified=True) if commenter.user_id else ()
    return [row.email.lower() for row in rows]


def erase_user(user: User) -> None:
    """Delete a user with their addresses, connected accounts, authenticators, invitations and sessions."""
    addresses = [user.email.lower(), *EmailAddress.objects.filter(user=user).values_list("email", flat=True)]
    Invitation.objects.filter(email__in=filter(None, addresses)).delete()
    for session in UserSession.objects.filter(user=user):
        sessions.end(session)
    anonymize_log_entries(User.objects.filter(pk=user.pk))
    for model in (EmailAddress, SocialAccount, Authenticator):
        anonymize_log_entries(model.objects.filter(user=user))
    user.delete()


def anonymize_log_entries(rows: Any) -> None:
    """Replace the names of the objects in a QuerySet by “Anonymous” in the admin's log; its entries remain."""
    content_type = ContentType.objects.get_for_model(rows.model)
    keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
    LogEntry.objects.filter(content_type=content_type, object_id__in=keys).update(object_repr=_("Anonymous"))
