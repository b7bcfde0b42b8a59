"""The words of the interface: no string that people see contains a phrase that docs/copy.md rules out."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.random_functions import functions, production_functions
from tests.strings import Kind, String, in_python, in_template, visible_strings

pytestmark = pytest.mark.once

NEVER = {
    r"a mail(?! (?:server|client|app|program))": "an email",
    r"mails": "emails",
    r"mailed": "emailed, sent",
    r"(?:un)?proved": "verified, unverified",
    r"keeps? order": "moderate, moderator",
    r"lets you in": "log in",
    r"comes? in(?! (?:one|two|an?|the)\b)": "log in, sign up",
    r"no longer good": "expired",
    r"good once": "works once",
    r"good for an?": "expires in, works for",
    r"hears? of": "subscribe, notifications",
    r"hear by mail": "subscribe, notifications",
    r"(?:be|are) forgotten": "your account has been deleted",
    r"forget me": "delete your account",
    r"treated apart": "trusted, held and blocked people people people",
    r"treat them so": "Save",
    r"as everybody's are": "no exceptions",
    r"stands (?:over|so)": "appears, is shown",
    r"it stands": "appears, is shown",
    r"at one stroke": "in one batch",
    r"anew": "again",
    r"meanwhile": "since then, or nothing",
    r"lest": "so that … not",
    r"at hand": "say what it is",
    r"whoever|somebody|anybody|nobody": "you, people, someone, no one",
    r"the other side": "the name of the service",
    r"second factors?": "two-factor authentication",
    r"junk": "spam folder",
}
"""Phrases as whole words in any case, with what to write instead."""

EXCEPTIONS: frozenset[str] = frozenset()
"""Whole strings that may use such a phrase: those of the original comment form, or data that is quoted. Say why."""

PATTERNS = [(re.compile(rf"(?<!\w)(?:{phrase})(?!\w)", re.IGNORECASE), better) for phrase, better in NEVER.items()]


def faults(strings_: list[String]) -> list[str]:
    """Return a line for each string with such a phrase."""
    lines = []
    for each in strings_:
        for text in {*each.texts} - EXCEPTIONS:
            plain = " ".join(text.replace("’", "'").split())
            for pattern, better in PATTERNS:
                if match := pattern.search(plain):
                    lines.append(f"{each.place}: “{match[0]}” (write: {better}) in: {plain}")
    return sorted(lines)


def test_no_string_contains_a_phrase_that_is_ruled_out() -> None:
    lines = faults(visible_strings())
    assert not lines, f"{len(lines)} phrases, see docs/copy.md:\n" + "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "We send a mail.", "Two mails", "Nothing is MAILED.", "an unproved address", "who keeps order here",
        "Your link is no longer good.", "good for a week", "hear of new essays", "You are forgotten, or are forgotten.",
        "as everybody’s are", "It stands", "changed\n  meanwhile", "Nobody", "your second factor", "in the junk",
    ],
)  # fmt: skip
def test_a_phrase_is_found_as_whole_words(text: str) -> None:
    assert faults([String(Path("a.py"), 1, Kind.PYTHON, text)])


@pytest.mark.parametrize(
    "text", ["a mail server", "the latest", "an email", "improved", "STAFF_SECOND_FACTOR", "They come in one email."]
)
def test_other_phrases_are_allowed(text: str) -> None:
    assert faults([String(Path("a.py"), 1, Kind.PYTHON, text)]) == []


PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext as many, pgettext
from django.utils import translation

class Command:
    help = "Lists them."

    def handle(self, is_done):
        _("One %(name)s") % {"name": 1}
        _("Yes" if is_done else "No")
        gettext_lazy("Later " "on")
        many("%(count)d one", "%(count)d many", 3)
        pgettext("a context", "With context")
        translation.ngettext_lazy("leaf", "leaves")
        parser.add_argument("--all", help="take all")
        self.stdout.write(f"Done: {self.count!r}.")
        raise CommandError("Not done.")
        logger.warning("Slow: %s", 1)
        _("%(number)s")
        other("Not shown")
"""


def test_strings_of_python_are_found() -> None:
    strings_ = list(in_python(Path("app/management/commands/a.py"), PYTHON))
    assert {(each.kind, *each.texts) for each in strings_} == {
        (Kind.PYTHON, "One %(name)s"), (Kind.PYTHON, "Yes"), (Kind.PYTHON, "No"), (Kind.PYTHON, "Later on"),
        (Kind.PYTHON, "%(count)d one", "%(count)d many"), (Kind.PYTHON, "With context"), (Kind.PYTHON, "leaf", "leaves"),
        (Kind.HELP, "Lists them."), (Kind.HELP, "take all"), (Kind.OUTPUT, "Done: {self.count}."),
        (Kind.OUTPUT, "Not done."), (Kind.LOG, "Slow: %s"),
    }  # fmt: skip
    assert next(each for each in strings_ if each.text == "With context").place == "app/management/commands/a.py:13"


TEMPLATE = """{% load i18n %}
<a title="{% translate "A title" %}">{% trans 'An old tag' context "here" %}</a>
{% blocktranslate trimmed count n=3 %}
    One “leaf”, 100 %
{% plural %}
    {{ n }} leaves
{% endblocktranslate %}
{% url "a" as address %}{% include "b.html" with words=_("In an argument") %}{{ "A value"|default:_("A filter") }}
{% comment %}{% translate "Not shown" %}{% endcomment %}
"""


def test_strings_of_templates_are_found() -> None:
    strings_ = list(in_template(Path("a.html"), TEMPLATE))
    assert [(each.line, *each.texts) for each in strings_] == [
        (2, "A title"), (2, "An old tag"), (3, "One “leaf”, 100 %", "%(n)s leaves"), (8, "In an argument"),
        (8, "A filter"),
    ]  # fmt: skip


def test_every_kind_is_found_in_the_project() -> None:
    strings_ = visible_strings()
    counts = Counter(each.kind for each in strings_)
    assert min(counts[kind] for kind in Kind) > 10
    assert sum(bool(each.plural) for each in strings_) > 50
    assert "Post Comment" in {each.text for each in strings_}


def test_functions_are_found_without_special_methods() -> None:
    source = 'class A:\n    def __init__(self): ...\n    def name(self, a: int = 1) -> str:\n        """Say it."""\n'
    strings_ = list(functions(Path("a.py"), source + "\nasync def go() -> None: ...\n"))
    assert [str(each) for each in strings_] == [
        "a.py:3 A.name(self, a: int=1) -> str\n    Say it.", "a.py:6 go() -> None",
    ]  # fmt: skip
    assert len(production_functions()) > 1000
