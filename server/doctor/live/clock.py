"""A comparison of this machine's clock with another one."""

from django.utils.translation import gettext as _

from server.doctor.finding import Finding, ok, warning

MAX_DIFFERENCE = 5  # seconds


def compare_clocks(other: float, own: float, whose: str) -> Finding:
    """Return whether two clocks, in seconds since the epoch, agree; codes and leases depend on it."""
    if (seconds := abs(other - own)) <= MAX_DIFFERENCE:
        return ok(_("Clock"), _("The clocks of this machine and %(whose)s agree.") % {"whose": whose}, "")
    problem = _("The clocks of this machine and %(whose)s differ by %(seconds)d seconds.")
    how = _("Synchronize both clocks with NTP. On Debian, run as root: apt-get install systemd-timesyncd")
    return warning(_("Clock"), problem % {"seconds": seconds, "whose": whose}, how)
