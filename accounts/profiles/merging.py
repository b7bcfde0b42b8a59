"""The verbs of who somebody is: two Commenters are one person, two log-ins are one person's."""

from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts.models import Commenter, User, email_with_room
from accounts.profiles import avatars

MOVING = (Commenter, EmailAddress, SocialAccount, Authenticator, UserSession)  # what a log-in has of its own
PICTURE = ("picture", "picture_url", "picture_from", "has_chosen_picture", "has_lost_picture")
SHOWN = (("mark", "profile"), PICTURE)  # what accounts gave


class Refused(Exception):
    """These two stay two; the argument says why, to whoever asked."""


@transaction.atomic
def join(old: Commenter, new: Commenter) -> Commenter:
    """Two Commenters are one person: whatever hangs on `old` hangs on `new` from now on, and `old` is gone.

    What `new` says of itself stays as it is. One that was joined meanwhile has nothing left to join.
    """
    rows = locked(Commenter, old.pk, new.pk)  # before any thread: post() takes its locks in this order too
    if old.pk == new.pk or new.pk not in rows:
        raise Refused(_("The account to add these comments to no longer exists."))
    new = rows[new.pk]
    if old.pk not in rows:
        return new
    if owner := rows[old.pk].user:
        stays(owner)
    for model in related():
        model.objects.join(rows[old.pk], new)
    if key := rows[old.pk].picture:
        transaction.on_commit(partial(avatars.drop, key), robust=True)
    rows[old.pk].delete()
    new.changed = timezone.now()  # what was kept of either is drawn anew
    new.save(update_fields=["changed"])
    pagecache.bump("site")
    return new


@transaction.atomic
def join_users(old: User, new: User) -> User:
    """Two log-ins are one person's: whatever leads into `old` leads into `new` from now on, and `old` is gone.

    Its password goes with it. Raises Refused.
    """
    rows = locked(User, old.pk, new.pk)
    if old.pk == new.pk or len(rows) < 2:
        raise Refused(_("One of the two accounts no longer exists. Please try again."))
    old, new = rows[old.pk], rows[new.pk]
    stays(old)
    SocialAccount.objects.filter(user=old).update(user=new)
    move_addresses(old, new)
    move_authenticators(old, new)
    if commenter := Commenter.objects.filter(user=old).first():
        inherit(commenter, Commenter.objects.of(new))
        avatars.want(join(commenter, Commenter.objects.of(new)))
    old.delete()
    return new


def related() -> list[Any]:
    """Every model that points to a Commenter. Each says what joining means for it: `objects.join(old, new)`."""
    return [relation.related_model for relation in Commenter._meta.related_objects]


def stays(user: User) -> None:
    """Raises Refused for a log-in that may not be joined away: one on which more hangs than being a reader."""
    if user.is_staff or user.is_superuser or not user.is_active or holds_more(user):
        raise Refused(
            _(
                "That account is closed or belongs to an author or moderator, so it can't be merged. Log in to "
                "that account and connect this one from there."
            )
        )


def holds_more(user: User) -> bool:
    """Whether anything points to this log-in that it would not take along: essays, decisions, rights."""
    if user.groups.exists() or user.user_permissions.exists():
        return True
    others = [relation for relation in User._meta.related_objects if relation.related_model not in MOVING]
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: user}).exists()
        for relation in others
        if not relation.many_to_many
    )


def move_addresses(old: User, new: User) -> None:
    """Proved ones alone. Where `new` has none, the first of them becomes the one that is written to."""
    proved = EmailAddress.objects.filter(user=old, verified=True).order_by("-primary", "pk")
    emails = [address.email for address in proved]
    EmailAddress.objects.filter(user=new, email__in=emails, verified=False).delete()
    proved.update(user=new, primary=False)
    if emails and not EmailAddress.objects.filter(user=new, verified=True, primary=True).exists():
        new.email = emails[0]
        new.save(update_fields=["email"])
        new.prove_address()
        Commenter.objects.filter(user=new).update(email=email_with_room(new.email))


def move_authenticators(old: User, new: User) -> None:
    """Passkeys all; codes of an app, with those for emergencies, where `new` has none."""
    kinds = Authenticator.Type
    moving = [kinds.WEBAUTHN]
    if not Authenticator.objects.filter(user=new, type__in=[kinds.TOTP, kinds.RECOVERY_CODES]).exists():
        moving += [kinds.TOTP, kinds.RECOVERY_CODES]
    Authenticator.objects.filter(user=old, type__in=moving).update(user=new)


def inherit(old: Commenter, new: Commenter) -> None:
    """Let `new` show what `old` has of its accounts, where `new` has nothing of the kind."""
    for names in SHOWN:
        if not any(getattr(new, name) for name in names):
            values = {name: getattr(old, name) for name in names}
            Commenter.objects.filter(pk=new.pk).update(**values)
            if values.get("picture"):
                Commenter.objects.filter(pk=old.pk).update(picture="")  # its files are the other's now


def locked(model: type[Model], *keys: int | None) -> dict[int, Any]:
    """The rows of these keys that are there, locked in order of their keys."""
    rows: Any = model._default_manager.select_for_update().filter(pk__in=[key for key in keys if key]).order_by("pk")
    return {row.pk: row for row in rows}
