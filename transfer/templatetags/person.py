"""For the page that tells somebody what is kept about them."""

from django import template

from transfer.person.export import Part

register = template.Library()


@register.filter
def label(part: Part, field: str) -> str:
    return part.label(field)
