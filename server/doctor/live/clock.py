"""A comparison of this machine's clock with another one."""

from django.utils.translation import gettext as _

from server.doctor.finding import Finding, ok, warning

MAX_DIFFERENCE = 5  # seconds


def compare_clocks(other: float, own: float, whose: str) -> Finding:
    """Return whether two clocks, in seconds since the epoch, agree; codes and leases depend on it."""
    if (seconds := abs(other - own)) <= MAX_DIFFERENCE:
        return ok(_("Clock"), _("This machine’s clock agrees with %(whose)s.") % {"whose": whose}, "")
    problem = _("This machine’s clock differs by %(seconds)d seconds from %(whose)s.")
    how = _("Set both clocks by NTP. On Debian, run as root: apt-get install systemd-timesyncd")
    return warning(_("Clock"), problem % {"seconds": seconds, "whose": whose}, how)
