"""Template tag for the stuck emails on the admin's index page."""

from django import template

from comments.notifications import checks

register = template.Library()


@register.simple_tag
def stuck_emails() -> list[tuple[str, str]]:
    return list(checks.stuck_emails())
