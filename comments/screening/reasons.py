"""Why a comment was held, in words: for moderators all of it, for its writer what helps them."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.screening import rules_in_words

Reason = dict[str, Any]


def in_words(reason: Reason) -> str:
    """A kept reason as a moderator reads it."""
    match reason:
        case {"code": "links", "count": int(count)}:
            return ngettext("%(count)d link", "%(count)d links", count) % {"count": count}
        case {"code": "word", "word": word}:
            return _("the word “%(word)s”") % {"word": word}
        case {"code": "name", "name": name, "writes": False}:
            return _("the name imitates %(name)s, who keeps order here") % {"name": name}
        case {"code": "name", "name": name}:
            return _("the name imitates %(name)s, who writes here") % {"name": name}
        case {"code": "spam", "score": float(score), "words": words, "signs": signs}:
            why = [_("“%(word)s”") % {"word": word} for word in words] + [sign_in_words(sign) for sign in signs]
            likeness = _("looks like spam, %(score).2f") % {"score": score}
            return _("%(likeness)s: %(why)s") % {"likeness": likeness, "why": ", ".join(why)} if why else likeness
        case {"code": "quick", "seconds": float(seconds)}:
            return _("sent %(seconds).1f seconds after the page was opened") % {"seconds": seconds}
        case {"code": "rule", "name": name, "then": then}:
            words = _("published by the rule “%(name)s”") if then == "publish" else _("the rule “%(name)s”")
            because = rules_in_words.conditions(reason.get("because", ()))
            return f"{words % {'name': name}}: {because}" if because else words % {"name": name}
    return simple(str(reason.get("code", "")))


def simple(code: str) -> str:
    """What its code alone says."""
    return {
        "akismet": _("the service that is asked elsewhere calls it spam"),
        "everything": _("every comment is held"),
        "first": _("first comment"),
        "imported": _("was waiting where it was imported from"),
        "kept": _("everything from this person or place is held"),
        "mixed": _("the name mixes letters of several scripts"),
        "office": _("the name is that of an office here"),
        "origin": _("the browser did not say which page it was sent from"),
        "site": _("the name is that of this site"),
        "trap": _("a field was filled in that readers do not see"),
    }.get(code, code)


def sign_in_words(sign: str) -> str:
    """What beside its words speaks for spam."""
    return {
        "address": _("how the email address looks"),
        "asks": _("question marks"),
        "bare": _("a link to a front page"),
        "bbcode": _("links typed in square brackets"),
        "capitals": _("how many capitals"),
        "deep": _("a link to a page"),
        "digits": _("how many digits"),
        "exclaims": _("exclamation marks"),
        "headings": _("headings"),
        "html": _("links typed as HTML"),
        "length": _("how long it is"),
        "lines": _("how many lines"),
        "links": _("how many links"),
        "marks": _("how many marks"),
        "mixed": _("letters of several scripts in a word"),
        "repeats": _("the same words again and again"),
        "scripts": _("letters of another script"),
        "shortener": _("a link to a shortener"),
        "shouted": _("words in capitals"),
        "website": _("a website beside the name"),
    }.get(sign, sign)


def to_writer(reasons: list[Reason]) -> str:
    """Why it waits, as its own writer reads it. What the filters look for is not told."""
    codes = {reason.get("code") for reason in reasons}
    if codes == {"first"}:
        return _("It is your first here. A moderator reads it before it appears.")
    if "links" in codes:
        return _("It holds several links. A moderator reads it before it appears.")
    return _("A moderator reads it before it appears.")
