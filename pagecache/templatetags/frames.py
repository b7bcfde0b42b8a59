"""The template tag `{% per_request %}…{% endper_request %}` (pagecache/frames.py)."""

from django import template
from django.template.base import Parser, Token, token_kwargs

from pagecache.frames import PerRequest

register = template.Library()


@register.tag
def per_request(parser: Parser, token: Token) -> PerRequest:
    """Mark a part of a page that every request renders for itself.

    It sees the variables that the tag names, as in `{% per_request body=essay.body_html %}`, with the frame's values.
    """
    fixed = token_kwargs(token.split_contents()[1:], parser)
    nodelist = parser.parse(("endper_request",))
    parser.delete_first_token()
    return PerRequest(nodelist, fixed)
