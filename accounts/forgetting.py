"""The right to be forgotten: what a person leaves behind when they ask us to forget them."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts import actions, pictures
from accounts.models import Commenter, User


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
def forget(commenter: Commenter, *, words_stay: bool) -> None:
    """Take away everything that tells who somebody was; their comments stay as “Anonymous”, or go. Raises Needed.

    Each model that points at a Commenter says by its manager's `forget` what goes: a new one has to, too.
    """
    if not may_be_forgotten(commenter):
        raise Needed
    user = commenter.user
    for model in actions.related():
        model.objects.forget(commenter, words_stay=words_stay)
    if commenter.picture:
        transaction.on_commit(partial(pictures.drop, commenter.picture), robust=True)
    nobody = Commenter(pk=commenter.pk, name=_("Anonymous"), created=commenter.created, changed=timezone.now())
    nobody.save(force_update=True)
    if user:
        user.delete()  # addresses, accounts elsewhere, passkeys and sessions go with it
    pagecache.bump("site")
