"""How somebody is called from now on, over every comment they ever left."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts.models import Commenter, User
from accounts.names import fold

OFFICES = ("admin", "administrator", "author", "moderator", "owner", "staff")


@transaction.atomic
def rename(commenter: Commenter, *, name: str, website: str) -> None:
    """Raises ValidationError for the name of somebody else who writes or keeps order here: nobody judges it again."""
    if name != commenter.name and not may_be_called(commenter, name):
        raise ValidationError(_("Somebody who writes or keeps order here goes by this name. Please choose another."))
    commenter.name, commenter.website, commenter.changed = name, website, timezone.now()
    commenter.save(update_fields=["name", "website", "changed"])
    User.objects.filter(commenter=commenter).update(name=name)
    pagecache.bump("site")


def may_be_called(commenter: Commenter, name: str) -> bool:
    people = User.objects.filter(Q(authorships__isnull=False) | Q(is_staff=True)).exclude(commenter=commenter)
    known = {fold(each) for pair in people.values_list("name", "username") for each in pair if each}
    is_staff = commenter.user is not None and commenter.user.is_staff
    return fold(name) not in known and (is_staff or fold(name) not in OFFICES)
