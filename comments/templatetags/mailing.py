"""What the admin's first page shows of mails."""

from django import template

from comments.notifications import checks

register = template.Library()


@register.simple_tag
def stuck_mails() -> list[tuple[str, str]]:
    return list(checks.stuck())
