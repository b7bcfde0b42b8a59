"""The owner's rules, as they apply to posting and editing."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog.models import Essay
from comments.models import Comment, Condition, Decision, Rule, Status
from comments.reports.reporting import apply_rules
from comments.screening import patterns, rules_engine, rules_in_words
from comments.screening import reasons as why_held
from comments.screening.conditions import CONDITION_TYPES
from comments.screening.languages import detect_language
from server.models import Bucket
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CAPITALS = "THIS IS SHOUTED AT EVERYBODY WHO READS"
GERMAN = "Das ist nicht der Weg, den wir mit euch gehen wollen, und ich habe es auch gesagt."


def rule(action: str = "hold", name: str = "Ours", sentence: str = "", position: int = 0, **conditions: Any) -> Rule:
    """Create an active rule; `not_links=2` negates the condition."""
    made = Rule.objects.create(name=name, action=action, sentence=sentence, position=position, is_on=True)
    for kind, value in conditions.items():
        made.conditions.create(kind=kind.removeprefix("not_"), value=str(value), is_not=kind.startswith("not_"))
    rules_engine.update_stamp()
    return made


@pytest.fixture(autouse=True)
def _free(essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_links=0)


def reasons(comment: Comment) -> list[str]:
    return [why_held.describe(reason) for reason in comment.wording.reasons] if comment.wording else []


@pytest.mark.both
@pytest.mark.parametrize(
    ("kind", "value", "hit", "miss"),
    [
        ("links", "2", {"text": "https://a.example and https://b.example"}, {"text": "https://a.example alone"}),
        ("words", "Casino\nbig win", {"text": "a BIG  win for you"}, {"text": "a small win"}),
        ("words", "casino", {"website": "https://casino.example"}, {}),
        ("pattern", r"\bbuy (it )?now\b", {"text": "Buy now!"}, {"text": "buying it, now"}),
        ("pattern", r"^Seo \w+$", {"name": "SEO Expert"}, {}),
        ("account", "3", {}, None),
        ("essay", "30", None, {}),
        ("language", "German, fr", {"text": GERMAN}, {"text": "This is not what we have said of it."}),
        ("longer", "20", {"text": "x" * 21}, {"text": "x" * 20}),
        ("shorter", "5", {"text": "abcd"}, {"text": "abcde"}),
        ("capitals", "60", {"text": CAPITALS}, {"text": "OK THEN"}),
        ("address", "example.net", {"email": "a@mail.example.net"}, {"email": "a@badexample.net"}),
        ("address", "a@example.net", {"email": "A@Example.net"}, {"email": "b@example.net"}),
        ("address", "203.0.113.0/24", {}, None),
        ("address", "203.0.113.8", None, {}),
        ("disposal", "", {"email": "x@sub.mailinator.com"}, {"email": "x@example.org"}),
    ],
)
def test_a_condition_matches_or_does_not(
    guest: Browser, essay: Essay, kind: str, value: str, hit: dict[str, str] | None, miss: dict[str, str] | None
) -> None:
    conditions: dict[str, Any] = {kind: value}
    rule(**conditions)
    if hit is not None:
        assert guest.post_comment(essay, **hit).status == Status.PENDING
    if miss is not None:
        assert guest.post_comment(essay, **{"text": "quite harmless", **miss}).status == Status.APPROVED


def test_each_kind_of_condition_has_a_description_and_help() -> None:
    from comments.screening.conditions import VALUE_HELP

    assert set(CONDITION_TYPES) == set(VALUE_HELP) == set(Condition.Kind)


def test_earlier_comments_by_the_author_and_by_others_count(guest: Browser, essay: Essay) -> None:
    other = make.essay()
    rule(name="Newcomer", early=2)
    rule(name="Again", repeated=7, position=1)
    said = [guest.post_comment(essay, text=f"Thought {n}", remember="on") for n in range(3)]
    assert [one.status for one in said] == ["pending", "pending", "approved"]
    again = guest.post_comment(other, text="Thought 1", remember="on")
    assert reasons(again) == ["the rule “Again”: same text posted in the last 7 days"]
    Comment.objects.get(pk=said[2].pk).wordings.update(created=timezone.now() - timedelta(days=8))
    assert guest.post_comment(other, text="Thought 2", remember="on").status == Status.APPROVED


@pytest.mark.both
def test_all_conditions_must_match_and_the_first_rule_decides(guest: Browser, essay: Essay) -> None:
    rule("publish", name="Friends", position=1, address="example.org", not_links=1)
    rule("spam", name="Late", position=3, words="gold")
    rule("hold", name="Gold", position=2, words="gold")
    make.rules(hold_everything=True, refuse_words="gold")
    published = guest.post_comment(essay, text="gold without a link", email="a@example.org")
    assert published.status == Status.APPROVED
    held = guest.post_comment(essay, text="gold at https://gold.example", email="a@example.org")
    assert (held.status, reasons(held)) == (
        Status.PENDING,
        ["the rule “Gold”: contains “gold”", "every comment is held"],
    )


def test_a_rules_decision_is_recorded(guest: Browser, essay: Essay) -> None:
    made = rule("spam", words="gold")
    comment = guest.post_comment(essay, text="gold")
    assert comment.status == Status.SPAM
    decision = Decision.objects.get()
    assert (decision.rule, decision.verb, decision.before, decision.after) == (made, "rule", "", "spam")
    assert (decision.comment_number, decision.essay, decision.moderator) == (comment.pk, essay, None)


def test_a_rejected_text_comes_back_with_the_owners_message(guest: Browser, essay: Essay) -> None:
    rule("refuse", sentence="Ask in the forum instead.", words="where to buy")
    page = guest.submit_comment(essay, text="I ask where to buy it.")
    assert page.status == 422
    assert "Ask in the forum instead." in page.text
    assert page.form_values["text"] == "I ask where to buy it."
    assert not Comment.objects.exists()


def test_rules_ignore_authors_and_moderators(essay: Essay) -> None:
    rule("refuse", sentence="No.", shorter=100)
    assert Browser(make.moderator()).post_comment(essay).status == Status.APPROVED


def test_no_rule_publishes_a_comment_of_unverified_origin(essay: Essay) -> None:
    rule("publish", longer=1)
    assert Browser(headers={}).post_comment(essay).status == Status.PENDING


def test_edited_comments_are_screened_by_the_same_rules(guest: Browser, essay: Essay) -> None:
    made = rule(words="gold")
    rule("refuse", sentence="Not here.", words="tin", position=1)
    comment = guest.post_comment(essay, remember="on")
    guest.post(f"/comments/{comment.pk}/edit/", {"text": "now with gold", "seen": comment.wording_id})
    comment.refresh_from_db()
    assert comment.status == Status.PENDING
    assert reasons(comment) == ["the rule “Ours”: contains “gold”"]
    assert Decision.objects.get().rule == made
    answer = guest.post(f"/comments/{comment.pk}/edit/", {"text": "now with tin", "seen": comment.wording_id})
    assert answer.status_code == 422
    assert "Not here." in answer.content.decode()


@pytest.mark.both
def test_an_edit_that_a_rule_calls_spam_is_marked_as_spam(guest: Browser, essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    comment = guest.post_comment(essay, text="Of plums", remember="on")
    rule("spam", words="casino")
    guest.post(f"/comments/{comment.pk}/edit/", {"text": "Of a casino"})
    comment.refresh_from_db()
    assert (comment.status, comment.removed_by) == ("spam", "")
    assert list(comment.decisions.values_list("before", "after")) == [("approved", "spam")]
    page = guest.read(essay)
    assert "Your comment is awaiting moderation." in page.text
    assert "casino" not in Browser().read(essay).html


def test_a_rule_holds_a_reported_comment_once_and_a_moderators_decision_is_final(essay: Essay) -> None:
    made = rule(reported=2)
    comment = make.comment(essay)
    for count, status in ((1, Status.APPROVED), (2, Status.PENDING)):
        Comment.objects.filter(pk=comment.pk).update(reports=count)
        assert apply_rules(comment) == (count == 2)
        comment.refresh_from_db()
        assert comment.status == status
    decision = Decision.objects.get()
    assert (decision.rule, decision.before, decision.after) == (made, "approved", "pending")
    assert reasons(comment) == ["the rule “Ours”: reported at least twice"]
    make.comment(essay)
    Comment.objects.filter(pk=comment.pk).update(status=Status.APPROVED, reports=3)
    assert not apply_rules(comment)


# Descriptions of rules


@pytest.mark.parametrize(
    ("kind", "value", "said", "turned_round"),
    [
        ("links", "1", "at least 1 link", "no links"),
        ("links", "2", "at least 2 links", "fewer than 2 links"),
        ("words", "Casino", "contains “Casino”", "does not contain “Casino”"),
        ("words", "tin\n\nbig  win\ngold", "contains “tin”, “big win” or “gold”",
         "does not contain “tin”, “big win” or “gold”"),
        ("words", "\n".join("abcdefg"), "contains “a”, “b”, “c”, “d” or 3 others",
         "does not contain “a”, “b”, “c”, “d” or 3 others"),
        ("pattern", "^buy", "matches “^buy”", "does not match “^buy”"),
        ("early", "1", "a person’s first comment", "not a person’s first comment"),
        ("early", "3", "among a person’s first 3 comments", "not among a person’s first 3 comments"),
        ("account", "1", "by a person first seen less than 1 day ago", "by a person first seen at least 1 day ago"),
        ("essay", "30", "on an essay at least 30 days old", "on an essay less than 30 days old"),
        ("language", "German, en", "in German or English", "not in German or English"),
        ("longer", "400", "longer than 400 characters", "at most 400 characters long"),
        ("shorter", "1", "shorter than 1 character", "at least 1 character long"),
        ("capitals", "60", "at least 60% capital letters", "less than 60% capital letters"),
        ("repeated", "7", "same text posted in the last 7 days", "same text not posted in the last 7 days"),
        ("address", "a@x.example\n10.0.0.0/8", "from “a@x.example” or “10.0.0.0/8”",
         "not from “a@x.example” or “10.0.0.0/8”"),
        ("disposal", "", "from a disposable email address", "not from a disposable email address"),
        ("likeness", "90", "spam score of at least 90%", "spam score below 90%"),
        ("reported", "1", "reported", "not reported"),
        ("reported", "3", "reported at least 3 times", "reported fewer than 3 times"),
        ("links", "many", "at least … links: many", "at least … links: many"),
    ],
)  # fmt: skip
def test_each_condition_is_described_in_plain_words(kind: str, value: str, said: str, turned_round: str) -> None:
    assert rules_in_words.describe_condition(kind, value) == said
    assert rules_in_words.describe_condition(kind, value, is_not=True) == turned_round


def test_the_queue_explains_the_matching_rule_without_storing_addresses(guest: Browser, essay: Essay) -> None:
    rule(words="tin\ngold\nsilver", address="example.org", not_links=2)
    comment = guest.post_comment(essay, text="GOLD for you", email="a@example.org")
    (reason,) = reasons(comment)
    assert (
        reason
        == "the rule “Ours”: contains “gold”, from a listed email address, domain or network and fewer than 2 links"
    )


# Queries


@pytest.mark.both
def test_rules_need_no_query_if_there_are_none_and_few_otherwise(essay: Essay) -> None:
    root, person = make.comment(essay), Browser(make.user("anna"))
    make.rules(flood_seconds=1, hold_first_comment=False)

    def asked(text: str) -> int:
        Bucket.objects.all().delete()  # no waiting here, but the rate limit still makes its query
        with CaptureQueriesContext(connection) as queries:
            assert person.submit_comment(essay, text=text, parent=str(root.pk)).status == 302
        return len([each for each in queries if "SAVEPOINT" not in each["sql"]])

    asked("Zero")
    bare = asked("One")
    rule(early=1, repeated=3, language="en", address="10.0.0.0/8")
    asked("which the process reads once")
    assert asked("Two") == bare
    for action in ("hold", "publish", "spam"):
        Rule.objects.all().delete()
        rule(action, longer=1)
        asked(f"{action}, read")
        # A published comment is recorded as the rule's decision, counted, announced and put into the search index.
        assert asked(f"{action}, kept") <= (16 if action == "publish" else 13)


def test_a_changed_rule_applies_immediately(guest: Browser, essay: Essay) -> None:
    made = rule(longer=1)
    assert guest.post_comment(essay, text="one").status == Status.PENDING
    made.is_on = False
    made.save()
    rules_engine.update_stamp()
    assert guest.post_comment(essay, text="two").status == Status.APPROVED


# Patterns


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){25}$", "(x+x+)+y", r"(\w+\s?)*$", "([a-z]+)*\\d", r"(?:(?R)a|a)*", "a{2000}",
     "((a{1,999}){1,999}){1,999}b", "(", "x" * 501],
)  # fmt: skip
def test_a_pattern_that_could_run_forever_is_rejected(pattern: str) -> None:
    with pytest.raises(ValidationError):
        patterns.validate(pattern)


@pytest.mark.parametrize("pattern", ["casino|viagra", r"https?://[^/]+\.ru/", "^[A-Z !]{20,}$", r"(.)\1{5,}"])
def test_an_ordinary_pattern_is_accepted(pattern: str) -> None:
    assert patterns.validate(pattern).pattern == pattern


def test_a_slow_pattern_times_out_holds_nothing_and_is_reported(guest: Browser, essay: Essay) -> None:
    made = rule(pattern="(a|a)*$")
    assert guest.post_comment(essay, text="a" * 40 + "!").status == Status.APPROVED
    condition = made.conditions.get()
    assert condition.stops == 1
    assert condition.stopped


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("links", "many", "Enter a whole number"),
        ("links", "-1", "Enter a whole number"),
        ("capitals", "101", "from 1 to 100"),
        ("words", " ", "one or more words"),
        ("pattern", "", "Enter a pattern"),
        ("language", "Klingon", "is not a language"),
        ("address", "not an address", "is not an email address, domain or network"),
        ("address", "", "Enter email addresses"),
        ("disposal", "x", "Leave the value empty"),
    ],
)
def test_an_invalid_value_is_explained(kind: str, value: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CONDITION_TYPES[kind].parse(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What you say about the harbour is not what they said of it.", "en"),
        (GERMAN, "de"),
        ("Je ne suis pas sûr que ce soit vrai, mais c'est dans les livres.", "fr"),
        ("No estoy de acuerdo con lo que se dice en el texto, pero es muy bueno.", "es"),
        ("Non sono d'accordo con quello che si dice, ma è molto bello.", "it"),
        ("Это очень хорошо, но я не знаю, что он сказал", "ru"),
        ("Я не знаю, що це за місто і як його назвати", "uk"),
        ("これはとても良いです", "ja"),
        ("这是非常好的", "zh"),
        ("זה טוב מאוד", "he"),
        ("Ok!", ""),
        ("123", ""),
    ],
)
def test_a_language_is_recognized_by_its_script_and_common_words(text: str, code: str) -> None:
    assert detect_language(text) == code
