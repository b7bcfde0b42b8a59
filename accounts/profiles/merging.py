"""Merging of two commenters or two users who are the same person."""

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
from accounts.models import Commenter, User, email_if_it_fits
from accounts.profiles import avatars

MOVED_MODELS = (Commenter, EmailAddress, SocialAccount, Authenticator, UserSession)  # rows that move with a user
PICTURE_FIELDS = ("picture", "picture_url", "picture_source", "has_chosen_picture", "has_lost_picture")
INHERITED_FIELDS = (("mark", "profile"), PICTURE_FIELDS)  # from connected accounts


class CannotMerge(Exception):
    """The two cannot be merged; the argument is a message for the person who asked."""


@transaction.atomic
def merge_commenters(old: Commenter, new: Commenter) -> Commenter:
    """Move everything that points to `old` to `new`, delete `old`, and return `new`. Raises CannotMerge.

    The name and other details of `new` do not change. If `old` no longer exists, there is nothing to merge.
    """
    rows = lock_rows(Commenter, old.pk, new.pk)  # before any thread, in the same order as post()
    if old.pk == new.pk or new.pk not in rows:
        raise CannotMerge(_("That account no longer exists. Please log in again."))
    new = rows[new.pk]
    if old.pk not in rows:
        return new
    if owner := rows[old.pk].user:
        ensure_can_be_merged(owner)
    for model in related_models():
        model.objects.merge(rows[old.pk], new)
    if key := rows[old.pk].picture:
        transaction.on_commit(partial(avatars.delete_files, key), robust=True)
    rows[old.pk].delete()
    new.changed = timezone.now()  # so that cached comments are rendered again
    new.save(update_fields=["changed"])
    pagecache.invalidate("site")
    return new


@transaction.atomic
def merge_users(old: User, new: User) -> User:
    """Move the login methods and comments of `old` to `new`, delete `old`, and return `new`. Raises CannotMerge."""
    rows = lock_rows(User, old.pk, new.pk)
    if old.pk == new.pk or len(rows) < 2:
        raise CannotMerge(_("One of the two accounts no longer exists. Please try again."))
    old, new = rows[old.pk], rows[new.pk]
    ensure_can_be_merged(old)
    SocialAccount.objects.filter(user=old).update(user=new)
    move_addresses(old, new)
    move_authenticators(old, new)
    if commenter := Commenter.objects.filter(user=old).first():
        copy_missing_profile(commenter, Commenter.objects.for_user(new))
        avatars.request_download(merge_commenters(commenter, Commenter.objects.for_user(new)))
    old.delete()
    return new


def related_models() -> list[Any]:
    """Return every model that points to a Commenter; the manager of each has `merge(old, new)`."""
    return [relation.related_model for relation in Commenter._meta.related_objects]


def ensure_can_be_merged(user: User) -> None:
    """Raise CannotMerge unless the user is an active reader without further rights."""
    if user.is_staff or user.is_superuser or not user.is_active or has_other_rows(user):
        message = _(
            "That account can’t be merged because it’s closed or belongs to an author or moderator. If you can log "
            "in to it, connect this account from there."
        )
        raise CannotMerge(message)


def has_other_rows(user: User) -> bool:
    """Return whether the user has rows that merging does not move: essays, decisions, permissions."""
    if user.groups.exists() or user.user_permissions.exists():
        return True
    relations = [relation for relation in User._meta.related_objects if not relation.many_to_many]
    others = [relation for relation in relations if relation.related_model not in MOVED_MODELS]
    return any(each.related_model._base_manager.filter(**{each.field.name: user}).exists() for each in others)


def move_addresses(old: User, new: User) -> None:
    """Move verified addresses only. If `new` has no primary address, the first one becomes it."""
    verified = EmailAddress.objects.filter(user=old, verified=True).order_by("-primary", "pk")
    emails = [address.email for address in verified]
    EmailAddress.objects.filter(user=new, email__in=emails, verified=False).delete()
    verified.update(user=new, primary=False)
    if emails and not EmailAddress.objects.filter(user=new, verified=True, primary=True).exists():
        new.email = emails[0]
        new.save(update_fields=["email"])
        new.verify_address()
        Commenter.objects.filter(user=new).update(email=email_if_it_fits(new.email))


def move_authenticators(old: User, new: User) -> None:
    """Move all passkeys; the authenticator app and recovery codes only if `new` has neither."""
    types = Authenticator.Type
    moved = [types.WEBAUTHN]
    if not Authenticator.objects.filter(user=new, type__in=[types.TOTP, types.RECOVERY_CODES]).exists():
        moved += [types.TOTP, types.RECOVERY_CODES]
    Authenticator.objects.filter(user=old, type__in=moved).update(user=new)


def copy_missing_profile(old: Commenter, new: Commenter) -> None:
    """Copy the picture and verification of `old` to `new` where `new` has none."""
    for names in INHERITED_FIELDS:
        if not any(getattr(new, name) for name in names):
            values = {name: getattr(old, name) for name in names}
            Commenter.objects.filter(pk=new.pk).update(**values)
            if values.get("picture"):
                Commenter.objects.filter(pk=old.pk).update(picture="")  # its files belong to `new` now


def lock_rows(model: type[Model], *keys: int | None) -> dict[int, Any]:
    """Lock the existing rows with these keys, in order of the keys, and return them by key."""
    rows: Any = model._default_manager.select_for_update().filter(pk__in=[key for key in keys if key]).order_by("pk")
    return {row.pk: row for row in rows}
