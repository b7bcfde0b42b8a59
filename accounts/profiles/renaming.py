"""Changing a user's name and website, on all their comments."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts.models import Commenter, User
from accounts.profiles import names


@transaction.atomic
def rename(commenter: Commenter, *, name: str, website: str, site: str) -> None:
    """Change the name and website. Raises ValidationError for a name that would get a newcomer's comment held."""
    if name != commenter.name and (problem := find_problem(commenter, name, site)):
        raise ValidationError(problem)
    commenter.name, commenter.website, commenter.changed = name, website, timezone.now()
    commenter.save(update_fields=["name", "website", "changed"])
    User.objects.filter(commenter=commenter).update(name=name)
    pagecache.invalidate("site")


def find_problem(commenter: Commenter, name: str, site: str) -> str:
    """Return an error message if the name is not acceptable, else ""."""
    known = [names.ProtectedName(*row) for row in names.protected_names()]
    others = [person for person in known if person.pk != commenter.user_id]
    if person := names.find_imitated(name, others):
        message = _("This name is too similar to %(name)s, an author or moderator here. Please choose another.")
        return message % {"name": person.name or person.username}
    if len(others) == len(known) and (names.is_official_title(name) or names.imitates(name, site)):
        return _("This name looks like an official name of this site. Please choose another.")
    if names.mixes_scripts(name):
        return _("This name mixes letters from different alphabets in one word. Please use only one alphabet per word.")
    return ""
