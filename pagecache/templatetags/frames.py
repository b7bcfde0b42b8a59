"""The template tag `{% per_request %}…{% endper_request %}` (pagecache/frames.py)."""

from django import template
from django.template.base import Parser, Token

from pagecache.frames import PerRequest

register = template.Library()


@register.tag
def per_request(parser: Parser, token: Token) -> PerRequest:
    """Mark a part of a page that every request renders for itself."""
    nodelist = parser.parse(("endper_request",))
    parser.delete_first_token()
    return PerRequest(nodelist)
