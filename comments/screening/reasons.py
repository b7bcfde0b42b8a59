"""Descriptions of why a comment was held: in full for moderators, in short for its author."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.screening import rules_in_words

Reason = dict[str, Any]


def describe(reason: Reason) -> str:
    """Describe a stored reason to a moderator."""
    match reason:
        case {"code": "links", "count": int(count)}:
            return ngettext("%(count)d link", "%(count)d links", count) % {"count": count}
        case {"code": "word", "word": word}:
            return _("contains “%(word)s”") % {"word": word}
        case {"code": "name", "name": name, "writes": False}:
            return _("name imitates %(name)s, a moderator") % {"name": name}
        case {"code": "name", "name": name}:
            return _("name imitates %(name)s, an author") % {"name": name}
        case {"code": "spam", "score": float(score), "words": words, "signs": signs}:
            why = [_("“%(word)s”") % {"word": word} for word in words] + [describe_sign(sign) for sign in signs]
            likeness = _("spam score %(score).2f") % {"score": score}
            return _("%(likeness)s: %(why)s") % {"likeness": likeness, "why": ", ".join(why)} if why else likeness
        case {"code": "quick", "seconds": float(seconds)}:
            return _("sent %(seconds).1f seconds after opening the page") % {"seconds": seconds}
        case {"code": "rule", "name": name, "then": then}:
            words = _("published by the rule “%(name)s”") if then == "publish" else _("the rule “%(name)s”")
            because = rules_in_words.describe_conditions(reason.get("because", ()))
            return f"{words % {'name': name}}: {because}" if because else words % {"name": name}
    return describe_code(str(reason.get("code", "")))


def describe_code(code: str) -> str:
    """Describe a reason that consists of its code alone."""
    return {
        "akismet": _("marked as spam by Akismet"),
        "everything": _("every comment is held"),
        "first": _("first comment"),
        "imported": _("was pending when imported"),
        "kept": _("comments from this person or network are always held"),
        "mixed": _("name mixes letters from different alphabets"),
        "office": _("uses a reserved name such as “admin”"),
        "origin": _("the browser sent no referring page"),
        "site": _("uses the site’s name"),
        "trap": _("filled in a hidden field"),
    }.get(code, code)


def describe_sign(sign: str) -> str:
    """Describe a sign of spam that is not a word."""
    return {
        "address": _("unusual email address"),
        "asks": _("question marks"),
        "bare": _("link to a home page"),
        "bbcode": _("links in BBCode"),
        "capitals": _("capital letters"),
        "deep": _("link to a subpage"),
        "digits": _("digits"),
        "exclaims": _("exclamation marks"),
        "headings": _("headings"),
        "html": _("links in HTML"),
        "length": _("comment length"),
        "lines": _("number of lines"),
        "links": _("number of links"),
        "marks": _("punctuation"),
        "mixed": _("mixed alphabets in a word"),
        "repeats": _("repeated words"),
        "scripts": _("letters from another alphabet"),
        "shortener": _("shortened link"),
        "shouted": _("words in capitals"),
        "website": _("website given"),
    }.get(sign, sign)


def message_to_author(reasons: list[Reason]) -> str:
    """The explanation for the author of a pending comment, without what the filters look for."""
    codes = {reason.get("code") for reason in reasons}
    if codes == {"first"}:
        return _("A moderator will review your first comment before it appears.")
    if "links" in codes:
        return _("It contains several links, so a moderator will review it first.")
    return _("A moderator will review it before it appears.")
