"""What the admin's first page shows of mails."""

from django import template

from comments import trouble

register = template.Library()


@register.simple_tag
def stuck_mails() -> list[tuple[str, str]]:
    return list(trouble.stuck())
