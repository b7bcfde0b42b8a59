"""The filter for the page that shows a person's stored data."""

from django import template

from transfer.person.export import Part

register = template.Library()


@register.filter
def label(part: Part, field: str) -> str:
    return part.label(field)
