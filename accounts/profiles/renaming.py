"""How somebody is called from now on, over every comment they ever left."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts.models import Commenter, User
from accounts.profiles import impersonation
from accounts.profiles.impersonation import Known
from accounts.profiles.names import imitates, is_mixed


@transaction.atomic
def rename(commenter: Commenter, *, name: str, website: str, site: str) -> None:
    """Raises ValidationError for a name that a newcomer's comment would be held for: nobody looks at it again."""
    if name != commenter.name and (problem := doubt_about(commenter, name, site)):
        raise ValidationError(problem)
    commenter.name, commenter.website, commenter.changed = name, website, timezone.now()
    commenter.save(update_fields=["name", "website", "changed"])
    User.objects.filter(commenter=commenter).update(name=name)
    pagecache.bump("site")


def doubt_about(commenter: Commenter, name: str, site: str) -> str:
    """What speaks against the name, in words, or nothing."""
    known = [Known(*row) for row in impersonation.people()]
    others = [one for one in known if one.pk != commenter.user_id]
    if whose := impersonation.imitated(name, others):
        words = _("This name is too similar to %(name)s, an author or moderator here. Please choose another.")
        return words % {"name": whose.name or whose.username}
    if len(others) == len(known) and (impersonation.is_office(name) or imitates(name, site)):
        return _("This name looks like an official name of this site. Please choose another.")
    if is_mixed(name):
        return _("This name mixes letters from different alphabets in one word. Please use only one alphabet per word.")
    return ""
