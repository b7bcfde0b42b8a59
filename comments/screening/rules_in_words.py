"""Descriptions of rules and their conditions, such as “at least 60% capital letters”."""

from collections.abc import Callable, Iterable
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


def with_count(words: str, count: int) -> str:
    return words % {"count": count}


def describe_links(count: int, is_not: bool) -> str:
    if is_not:
        return (
            _("no links") if count == 1 else ngettext("fewer than %(count)d link", "fewer than %(count)d links", count)
        )
    return ngettext("at least %(count)d link", "at least %(count)d links", count)


def describe_early(count: int, is_not: bool) -> str:
    if is_not:
        return ngettext("not a person’s first comment", "not among a person’s first %(count)d comments", count)
    return ngettext("a person’s first comment", "among a person’s first %(count)d comments", count)


def describe_account(count: int, is_not: bool) -> str:
    if is_not:
        return ngettext(
            "by a person first seen at least %(count)d day ago",
            "by a person first seen at least %(count)d days ago",
            count,
        )
    return ngettext(
        "by a person first seen less than %(count)d day ago",
        "by a person first seen less than %(count)d days ago",
        count,
    )


def describe_essay(count: int, is_not: bool) -> str:
    if is_not:
        return ngettext("on an essay less than %(count)d day old", "on an essay less than %(count)d days old", count)
    return ngettext("on an essay at least %(count)d day old", "on an essay at least %(count)d days old", count)


def describe_longer(count: int, is_not: bool) -> str:
    if is_not:
        return ngettext("at most %(count)d character long", "at most %(count)d characters long", count)
    return ngettext("longer than %(count)d character", "longer than %(count)d characters", count)


def describe_shorter(count: int, is_not: bool) -> str:
    if is_not:
        return ngettext("at least %(count)d character long", "at least %(count)d characters long", count)
    return ngettext("shorter than %(count)d character", "shorter than %(count)d characters", count)


def describe_capitals(count: int, is_not: bool) -> str:
    return _("less than %(count)d%% capital letters") if is_not else _("at least %(count)d%% capital letters")


def describe_repeated(count: int, is_not: bool) -> str:
    if is_not:
        return ngettext(
            "same text not posted in the last %(count)d day", "same text not posted in the last %(count)d days", count
        )
    return ngettext(
        "same text posted in the last %(count)d day",
        "same text posted in the last %(count)d days",
        count,
    )


def describe_spam_score(count: int, is_not: bool) -> str:
    return _("spam score below %(count)d%%") if is_not else _("spam score of at least %(count)d%%")


def describe_reported(count: int, is_not: bool) -> str:
    if count == 1:
        return _("not reported") if is_not else _("reported")
    if count == 2:
        return _("reported at most once") if is_not else _("reported at least twice")
    if is_not:
        return ngettext("reported fewer than %(count)d time", "reported fewer than %(count)d times", count)
    return ngettext("reported at least %(count)d time", "reported at least %(count)d times", count)


COUNTED: dict[str, Callable[[int, bool], str]] = {
    Kind.LINKS: describe_links,
    Kind.EARLY: describe_early,
    Kind.NEW_ACCOUNT: describe_account,
    Kind.OLD_ESSAY: describe_essay,
    Kind.LONGER: describe_longer,
    Kind.SHORTER: describe_shorter,
    Kind.CAPITALS: describe_capitals,
    Kind.REPEATED: describe_repeated,
    Kind.LIKENESS: describe_spam_score,
    Kind.REPORTED: describe_reported,
}


def describe_condition(kind: str, value: str, is_not: bool = False) -> str:
    """Describe one condition; an invalid value is quoted."""
    try:
        if kind in COUNTED:
            count = CONDITION_TYPES[kind].parse(value)
            return with_count(COUNTED[kind](count, is_not), count)
        return LISTED_KINDS[kind](value, is_not)
    except (KeyError, ValidationError):
        label = Kind(kind).label if kind in Kind.values else kind
        return f"{label}: {shorten(value)}"


def describe_words(value: str, is_not: bool) -> str:
    found = quote_lines(value.splitlines())
    if len(found) == 1:
        return (_("does not contain %(word)s") if is_not else _("contains %(word)s")) % {"word": found[0]}
    params = {"words": get_text_list(found, _("or"))}
    return (_("does not contain %(words)s") if is_not else _("contains %(words)s")) % params


def describe_pattern(value: str, is_not: bool) -> str:
    params = {"pattern": shorten(value)}
    return (_("does not match “%(pattern)s”") if is_not else _("matches “%(pattern)s”")) % params


def describe_language(value: str, is_not: bool) -> str:
    codes = sorted(CONDITION_TYPES[Kind.LANGUAGE].parse(value))
    params = {"languages": get_text_list([str(NAMES[code]) for code in codes], _("or"))}
    return (_("not in %(languages)s") if is_not else _("in %(languages)s")) % params


def describe_address(value: str, is_not: bool) -> str:
    if not value.strip():  # stored with a comment, without addresses
        return (
            _("not from a listed email address, domain or network")
            if is_not
            else _("from a listed email address, domain or network")
        )
    params = {"places": get_text_list(quote_lines(value.splitlines()), _("or"))}
    return (_("not from %(places)s") if is_not else _("from %(places)s")) % params


def describe_disposable(value: str, is_not: bool) -> str:
    return _("not from a disposable email address") if is_not else _("from a disposable email address")


LISTED_KINDS: dict[str, Callable[[str, bool], str]] = {
    Kind.WORDS: describe_words,
    Kind.PATTERN: describe_pattern,
    Kind.LANGUAGE: describe_language,
    Kind.ADDRESS: describe_address,
    Kind.DISPOSABLE: describe_disposable,
}


def quote_lines(lines: Iterable[str]) -> list[str]:
    """Quote the first few lines and count the rest."""
    quoted = [_("“%(word)s”") % {"word": shorten(line)} for line in lines if line.strip()]
    if len(quoted) <= MAX_LISTED:
        return quoted
    rest = len(quoted) - MAX_LISTED + 1
    return [*quoted[: MAX_LISTED - 1], ngettext("%(count)d other", "%(count)d others", rest) % {"count": rest}]


def shorten(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"


def describe_conditions(parts: Iterable[Any]) -> str:
    """Describe conditions, given as kind, value and negation, in one phrase."""
    return get_text_list([describe_condition(kind, value, is_not) for kind, value, is_not in parts], _("and"))


def describe_rule(rule: Rule) -> str:
    return describe_conditions((each.kind, each.value, each.is_not) for each in rule.conditions.all())


def condition_record(kind: str, value: str, is_not: bool, folded: str) -> tuple[str, str, bool]:
    """A condition as stored with a comment that it matched: only the word that was found, and no addresses."""
    if kind == Kind.WORDS and not is_not:
        value = first_in(value, folded) or value
    if kind == Kind.ADDRESS:
        value = ""
    return kind, "\n".join(shorten(line) for line in value.splitlines()[: MAX_LISTED + 1]), is_not
