"""Condition types of moderation rules: how each parses its value and whether it matches a comment."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name, validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Condition
from comments.models.block import Network, parse_network
from comments.screening import disposable, patterns
from comments.screening.languages import NAMES
from comments.screening.rule_context import RuleContext
from comments.screening.word_lists import first_in, without_stars

Kind = Condition.Kind
MAX_NUMBER = 1_000_000


@dataclass(frozen=True)
class AddressList:
    """Email addresses, domains with their subdomains, and networks."""

    emails: frozenset[str]
    domains: frozenset[str]
    networks: tuple[Network, ...]

    def matches(self, context: RuleContext) -> bool | None:
        """Whether the author's address or network is listed; None if too little of the network is stored."""
        email = context.commenter.email.casefold()
        if email in self.emails or not self.domains.isdisjoint(disposable.domain_and_parents(email)):
            return True
        if not self.networks:
            return False
        known = [is_within(context.network, network) for network in self.networks]
        return True if True in known else None if None in known else False


def is_within(network: Network | None, whole: Network) -> bool | None:
    """Whether a network is inside another; None if too little of it is stored to tell."""
    if network is None:
        return None
    if isinstance(network, ipaddress.IPv4Network) and isinstance(whole, ipaddress.IPv4Network):
        return network.subnet_of(whole) or (None if network.overlaps(whole) else False)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(whole, ipaddress.IPv6Network):
        return network.subnet_of(whole) or (None if network.overlaps(whole) else False)
    return False


def parse_number(value: str, *, least: int = 1, most: int = MAX_NUMBER) -> int:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 8 and least <= int(text) <= most):
        raise ValidationError(_("Enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most})
    return int(text)


def parse_percentage(value: str) -> int:
    return parse_number(value, most=100)


def parse_words(value: str) -> str:
    """Return the list unchanged, one word per line. Raises ValidationError if it is empty."""
    if not any(without_stars(line) for line in value.splitlines()):
        raise ValidationError(_("Enter one or more words, one per line."))
    return value


def parse_pattern(value: str) -> patterns.Pattern:
    if not value.strip():
        raise ValidationError(_("Enter a pattern, such as “\\bbuy (it )?now\\b”."))
    return patterns.compile_pattern(value.strip())


def parse_languages(value: str) -> frozenset[str]:
    """Parse language codes or names, separated by commas or lines."""
    codes = {str(name).casefold(): code for code, name in NAMES.items()} | {code: code for code in NAMES}
    names = [part.strip().casefold() for part in value.replace("\n", ",").split(",") if part.strip()]
    unknown = [name for name in names if name not in codes]
    if unknown or not names:
        text = _("“%(name)s” is not a language we can detect. Choose from: %(names)s.")
        known = ", ".join(f"{code} ({name})" for code, name in NAMES.items())
        raise ValidationError(text % {"name": ", ".join(unknown), "names": known})
    return frozenset(codes[name] for name in names)


def parse_addresses(value: str) -> AddressList:
    """Parse email addresses, domains and networks, one per line."""
    emails, domains, networks = set(), set(), []
    for line in filter(None, (line.strip().casefold() for line in value.splitlines())):
        if network := parse_network(line):
            networks.append(network)
            continue
        domain = line.removeprefix("@").removeprefix("*.")
        try:
            if "@" in domain:
                validate_email(domain)
                emails.add(domain)
            else:
                validate_domain_name(domain)
                domains.add(domain)
        except ValidationError as error:
            text = _(
                "“%(line)s” is not an email address, domain or network. Enter one per line, such as "
                "anna@example.org, example.org or 203.0.113.0/24."
            )
            raise ValidationError(text % {"line": line}) from error
    if not (emails or domains or networks):
        raise ValidationError(_("Enter email addresses, domains or networks, one per line."))
    return AddressList(frozenset(emails), frozenset(domains), tuple(networks))


def parse_nothing(value: str) -> None:
    """Raise ValidationError if there is a value."""
    if value.strip():
        raise ValidationError(_("This condition takes no value. Leave the value empty."))


def is_younger(context: RuleContext, since: datetime | None, days: int) -> bool:
    """Whether `since` is less than this many days before the comment was posted."""
    return since is not None and context.wording.created - since < timedelta(days=days)


def matches_pattern(context: RuleContext, wanted: patterns.Pattern) -> bool:
    """Whether the pattern is found in the comment's text or its author's name, email or website."""
    who = context.commenter
    return patterns.matches(wanted, (context.wording.text, who.name, who.email, who.website))


@dataclass(frozen=True)
class ConditionType:
    """`parse` turns a stored value into an argument or raises ValidationError; `matches` returns None if unknown."""

    parse: Callable[[str], Any]
    matches: Callable[[RuleContext, Any], bool | None]


CONDITION_TYPES: dict[str, ConditionType] = {
    Kind.LINKS: ConditionType(parse_number, lambda context, count: context.links >= count),
    Kind.WORDS: ConditionType(parse_words, lambda context, wanted: bool(first_in(wanted, context.folded))),
    Kind.PATTERN: ConditionType(parse_pattern, matches_pattern),
    Kind.EARLY: ConditionType(parse_number, lambda context, count: context.past.earlier_count < count),
    Kind.NEW_ACCOUNT: ConditionType(
        parse_number, lambda context, days: is_younger(context, context.commenter.created, days)
    ),
    Kind.OLD_ESSAY: ConditionType(
        parse_number,
        lambda context, days: bool(context.essay.published) and not is_younger(context, context.essay.published, days),
    ),
    Kind.LANGUAGE: ConditionType(
        parse_languages, lambda context, wanted: context.language in wanted if context.language else None
    ),
    Kind.LONGER: ConditionType(parse_number, lambda context, count: len(context.wording.text) > count),
    Kind.SHORTER: ConditionType(parse_number, lambda context, count: len(context.wording.text) < count),
    Kind.CAPITALS: ConditionType(parse_percentage, lambda context, percent: context.capitals >= percent),
    Kind.REPEATED: ConditionType(
        parse_number, lambda context, days: is_younger(context, context.past.last_repeated, days)
    ),
    Kind.ADDRESS: ConditionType(parse_addresses, lambda context, wanted: wanted.matches(context)),
    Kind.DISPOSABLE: ConditionType(
        parse_nothing, lambda context, _nothing: disposable.is_disposable(context.commenter.email)
    ),
    Kind.LIKENESS: ConditionType(
        parse_percentage,
        lambda context, bound: context.spam_score >= bound / 100 if context.spam_score is not None else None,
    ),
    Kind.REPORTED: ConditionType(parse_number, lambda context, count: context.reports >= count),
}

WHOLE_NUMBER = gettext_lazy("A whole number.")
VALUE_HELP: dict[str, Any] = {
    Kind.LINKS: gettext_lazy("A whole number. Links to this site are not counted."),
    Kind.WORDS: gettext_lazy(
        "Words, one per line. Whole words only; use * for parts of words: ass*, *ass, *ass*. Checked in text, name, "
        "email address and website."
    ),
    Kind.PATTERN: gettext_lazy(
        "A regular expression, not case-sensitive. Checked in text, name, email address and website. It does not match "
        "if matching takes longer than 0.05 seconds."
    ),
    Kind.EARLY: gettext_lazy(
        "A whole number. All earlier comments count, whatever their status. A guest without a cookie is always new."
    ),
    Kind.NEW_ACCOUNT: gettext_lazy("A whole number of days since the person first commented or logged in."),
    Kind.OLD_ESSAY: gettext_lazy("A whole number of days since publication."),
    Kind.LANGUAGE: gettext_lazy("Language codes or names, separated by commas. Very short comments do not match."),
    Kind.LONGER: WHOLE_NUMBER,
    Kind.SHORTER: WHOLE_NUMBER,
    Kind.CAPITALS: gettext_lazy("A whole number up to 100. Very short comments do not match."),
    Kind.REPEATED: gettext_lazy("A whole number of days. Comments by anyone on the whole site count."),
    Kind.ADDRESS: gettext_lazy("Email addresses, domains or networks, one per line."),
    Kind.DISPOSABLE: gettext_lazy(
        "Leave empty. The site’s list of disposable email domains is used. Add others with the condition above."
    ),
    Kind.LIKENESS: gettext_lazy("A whole number up to 100. For example, 92 means a score of 0.92."),
    Kind.REPORTED: gettext_lazy("A whole number. Checked each time a comment is reported."),
}
HELP = [(Kind(kind).label, needs) for kind, needs in VALUE_HELP.items()]
