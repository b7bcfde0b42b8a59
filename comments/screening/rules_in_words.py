"""Descriptions of rules and their conditions, such as “at least 60% capital letters”."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import Condition, Rule
from comments.screening.conditions import CONDITION_TYPES
from comments.screening.languages import NAMES
from comments.screening.word_lists import first_in

Kind = Condition.Kind
MAX_LISTED = 5  # words of a list, then the number of others
MAX_QUOTED = 40  # characters per word
NOT_COUNTED = {Kind.WORDS, Kind.PATTERN, Kind.LANGUAGE, Kind.ADDRESS, Kind.DISPOSABLE}  # their values are no numbers


def describe_condition(kind: str, value: str, is_not: bool = False) -> str:
    """Describe one condition; an invalid value is quoted."""
    try:
        if kind in NOT_COUNTED:
            return describe_listed(kind, value, is_not)
        count = CONDITION_TYPES[kind].parse(value)
        return describe_counted(kind, count, is_not) % {"count": count}
    except (KeyError, ValidationError):
        label = Kind(kind).label if kind in Kind.values else kind
        return f"{label}: {shorten(value)}"


def describe_counted(kind: str, count: int, is_not: bool) -> str:
    """Describe a condition whose value is a number, with `%(count)d` in its place."""
    match kind:
        case Kind.LINKS if is_not and count == 1:
            return _("no links")
        case Kind.LINKS if is_not:
            return ngettext("fewer than %(count)d link", "fewer than %(count)d links", count)
        case Kind.LINKS:
            return ngettext("at least %(count)d link", "at least %(count)d links", count)
        case Kind.EARLY if is_not:
            return ngettext("not a person’s first comment", "not among a person’s first %(count)d comments", count)
        case Kind.EARLY:
            return ngettext("a person’s first comment", "among a person’s first %(count)d comments", count)
        case Kind.NEW_ACCOUNT if is_not:
            return ngettext(
                "by a person first seen at least %(count)d day ago",
                "by a person first seen at least %(count)d days ago",
                count,
            )
        case Kind.NEW_ACCOUNT:
            return ngettext(
                "by a person first seen less than %(count)d day ago",
                "by a person first seen less than %(count)d days ago",
                count,
            )
        case Kind.OLD_ESSAY if is_not:
            return ngettext(
                "on an essay less than %(count)d day old", "on an essay less than %(count)d days old", count
            )
        case Kind.OLD_ESSAY:
            return ngettext("on an essay at least %(count)d day old", "on an essay at least %(count)d days old", count)
        case Kind.LONGER if is_not:
            return ngettext("at most %(count)d character long", "at most %(count)d characters long", count)
        case Kind.LONGER:
            return ngettext("longer than %(count)d character", "longer than %(count)d characters", count)
        case Kind.SHORTER if is_not:
            return ngettext("at least %(count)d character long", "at least %(count)d characters long", count)
        case Kind.SHORTER:
            return ngettext("shorter than %(count)d character", "shorter than %(count)d characters", count)
        case Kind.CAPITALS:
            return _("less than %(count)d%% capital letters") if is_not else _("at least %(count)d%% capital letters")
        case Kind.REPEATED if is_not:
            return ngettext(
                "same text not posted in the last %(count)d day",
                "same text not posted in the last %(count)d days",
                count,
            )
        case Kind.REPEATED:
            return ngettext(
                "same text posted in the last %(count)d day", "same text posted in the last %(count)d days", count
            )
        case Kind.LIKENESS:
            return _("spam score below %(count)d%%") if is_not else _("spam score of at least %(count)d%%")
        case Kind.REPORTED if count == 1:
            return _("not reported") if is_not else _("reported")
        case Kind.REPORTED if count == 2:
            return _("reported at most once") if is_not else _("reported at least twice")
        case Kind.REPORTED if is_not:
            return ngettext("reported fewer than %(count)d time", "reported fewer than %(count)d times", count)
        case Kind.REPORTED:
            return ngettext("reported at least %(count)d time", "reported at least %(count)d times", count)
    raise KeyError(kind)


def describe_listed(kind: str, value: str, is_not: bool) -> str:
    """Describe a condition whose value is a text or a list, or that has none."""
    lines = quote_lines(value.splitlines())
    match kind:
        case Kind.WORDS if len(lines) == 1:
            return (_("does not contain %(word)s") if is_not else _("contains %(word)s")) % {"word": lines[0]}
        case Kind.WORDS:
            text = _("does not contain %(words)s") if is_not else _("contains %(words)s")
            return text % {"words": get_text_list(lines, _("or"))}
        case Kind.PATTERN:
            text = _("does not match “%(pattern)s”") if is_not else _("matches “%(pattern)s”")
            return text % {"pattern": shorten(value)}
        case Kind.LANGUAGE:
            names = [str(NAMES[code]) for code in sorted(CONDITION_TYPES[Kind.LANGUAGE].parse(value))]
            text = _("not in %(languages)s") if is_not else _("in %(languages)s")
            return text % {"languages": get_text_list(names, _("or"))}
        case Kind.ADDRESS if lines:
            text = _("not from %(places)s") if is_not else _("from %(places)s")
            return text % {"places": get_text_list(lines, _("or"))}
        case Kind.ADDRESS if is_not:  # stored with a comment, without addresses
            return _("not from a listed email address, domain or network")
        case Kind.ADDRESS:
            return _("from a listed email address, domain or network")
        case Kind.DISPOSABLE:
            return _("not from a disposable email address") if is_not else _("from a disposable email address")
    raise KeyError(kind)


def quote_lines(lines: Iterable[str]) -> list[str]:
    """Quote the first few lines and count the rest."""
    quoted = [_("“%(word)s”") % {"word": shorten(line)} for line in lines if line.strip()]
    if len(quoted) <= MAX_LISTED:
        return quoted
    rest = len(quoted) - MAX_LISTED + 1
    return [*quoted[: MAX_LISTED - 1], ngettext("%(count)d other", "%(count)d others", rest) % {"count": rest}]


def shorten(value: str) -> str:
    """Return a value on one line, cut to 40 characters with an ellipsis."""
    text = " ".join(value.split())
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"


def describe_conditions(parts: Iterable[Any]) -> str:
    """Describe conditions, given as kind, value and negation, in one phrase."""
    return get_text_list([describe_condition(kind, value, is_not) for kind, value, is_not in parts], _("and"))


def describe_rule(rule: Rule) -> str:
    """Describe a rule's conditions in one phrase."""
    return describe_conditions((each.kind, each.value, each.is_not) for each in rule.conditions.all())


def condition_record(kind: str, value: str, is_not: bool, folded: str) -> tuple[str, str, bool]:
    """A condition as stored with a comment that it matched: only the word that was found, and no addresses."""
    if kind == Kind.WORDS and not is_not:
        value = first_in(value, folded) or value
    if kind == Kind.ADDRESS:
        value = ""
    return kind, "\n".join(shorten(line) for line in value.splitlines()[: MAX_LISTED + 1]), is_not
