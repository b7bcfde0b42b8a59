"""The doctor's checks of accounts."""

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from accounts.login import encryption
from server.doctor.finding import Finding, error, register_check


@register_check
def check_two_factor_secrets() -> Iterator[Finding]:
    """Yield a finding that lists the users whose two-factor secrets cannot be decrypted."""
    rows = Authenticator.objects.select_related("user").order_by("user__username")
    names = dict.fromkeys(row.user.get_username() for row in rows if not encryption.is_readable(row))
    if names:
        yield error(
            _("Two-factor authentication"),
            _("These users cannot log in because their two-factor secrets cannot be decrypted: %(names)s.")
            % {"names": ", ".join(names)},
            _(
                "Add the previous SECRET_KEY to SECRET_KEY_FALLBACKS, "
                "or run for each user: manage.py reset_two_factor USERNAME"
            ),
        )
