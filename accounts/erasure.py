"""The right to be forgotten: what a person leaves behind when they ask us to forget them."""

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
from accounts.profiles import avatars, merging


class Needed(Exception):
    """Somebody whose name stands over essays, or who keeps order here; only the owner can let them go."""


def may_be_forgotten(commenter: Commenter) -> bool:
    user = commenter.user
    return user is None or not (user.is_staff or user.is_superuser or has_essays(user))


def has_essays(user: User) -> bool:
    """Whether essays name them, which belong to a room above: asked by the relation."""
    essays: Any = getattr(user, "essays", None)
    return essays is not None and bool(essays.exists())


@transaction.atomic
def forget(commenter: Commenter) -> None:
    """Delete everything that tells who a person was; what they wrote becomes “Anonymous”. Raises Needed.

    Nobody is who they were from now on, whatever another browser still remembers of them. Each model that points at a
    Commenter says by its manager's `forget` what goes: a new one has to, too.
    """
    if not may_be_forgotten(commenter):
        raise Needed
    rows = merging.locked(Commenter, commenter.pk)  # before any thread: post() takes its locks in this order too
    if commenter.pk not in rows:
        return
    gone, user = rows[commenter.pk], commenter.user
    addresses = proved(gone)
    nobody = Commenter.objects.create(name=_("Anonymous"), created=gone.created)
    for model in merging.related():
        model.objects.join(gone, nobody)
        model.objects.forget(nobody, addresses=addresses)
    if gone.picture:
        transaction.on_commit(partial(avatars.drop, gone.picture), robust=True)
    blot(Commenter.objects.filter(pk=gone.pk))
    gone.delete()
    if user:
        forget_log_in(user)
    pagecache.bump("site")


def proved(commenter: Commenter) -> list[str]:
    """The addresses that are theirs beyond doubt, in lower case."""
    theirs = EmailAddress.objects.filter(user=commenter.user_id, verified=True) if commenter.user_id else ()
    return [address.email.lower() for address in theirs]


def forget_log_in(user: User) -> None:
    """With it go addresses, accounts elsewhere and passkeys; and what every session still holds of them."""
    addresses = [user.email.lower(), *EmailAddress.objects.filter(user=user).values_list("email", flat=True)]
    Invitation.objects.filter(email__in=filter(None, addresses)).delete()
    for session in UserSession.objects.filter(user=user):
        sessions.end(session)
    blot(User.objects.filter(pk=user.pk))
    for model in (EmailAddress, SocialAccount, Authenticator):
        blot(model.objects.filter(user=user))
    user.delete()


def blot(rows: Any) -> None:
    """The admin's log keeps that something was done with these rows, not how they were called."""
    kind = ContentType.objects.get_for_model(rows.model)
    keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
    LogEntry.objects.filter(content_type=kind, object_id__in=keys).update(object_repr=_("Anonymous"))
