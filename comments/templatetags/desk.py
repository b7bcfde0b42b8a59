"""Template tags for the comments on an author's pages in the admin."""

from secrets import token_urlsafe

from django import template
from django.utils.translation import ngettext

from blog.models import Essay
from comments.answers.open_corrections import OpenCorrection, find_open
from comments.desk import desk
from comments.passages.moving import summarize

register = template.Library()
register.simple_tag(desk.unanswered_comments)
register.simple_tag(desk.subscriber_counts)
register.simple_tag(desk.essay_subscriber_count)


@register.simple_tag
def passage_summary(essay: Essay, body: str) -> tuple[str, bool] | None:
    """Say what becomes of the comments on passages if this body is published, and whether any needs a look."""
    found = summarize(essay, body)
    if found is None:
        return None
    parts = [
        (found.staying, ngettext("%(count)d comment stays", "%(count)d comments stay", found.staying)),
        (
            len(found.recognized),
            ngettext("%(count)d was recognized", "%(count)d were recognized", len(found.recognized)),
        ),
        (
            len(found.gone),
            ngettext("%(count)d is about removed words", "%(count)d are about removed words", len(found.gone)),
        ),
        (
            len(found.chosen),
            ngettext("you chose the place of %(count)d", "you chose the places of %(count)d", len(found.chosen)),
        ),
    ]
    words = ", ".join(words % {"count": count} for count, words in parts if count)
    return f"{words[:1].upper()}{words[1:]}.", bool(found.to_review)


@register.simple_tag
def open_corrections(essay: Essay | None, body: str | None) -> list[OpenCorrection]:
    """Return the corrections that are still to be made in a body of an essay; none for a new essay."""
    return find_open(essay, body or "") if essay is not None else []


@register.simple_tag
def submission_key() -> str:
    """Return a random key by which a reply that is submitted twice is recognized."""
    return token_urlsafe(12)
