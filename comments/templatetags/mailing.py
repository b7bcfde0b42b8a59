"""Template tag for the stuck emails on the admin's index page."""

from django import template

from comments.notifications import checks

register = template.Library()


@register.simple_tag
def stuck_emails() -> list[tuple[str, str]]:
    """Describe the emails that need the owner's decision, each with the address of its list."""
    return list(checks.stuck_emails())
