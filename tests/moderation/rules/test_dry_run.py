"""The dry run of a rule predicts what it does once it is on."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Block, Comment, Condition, Rule, Rules, Status
from comments.posting import actions
from comments.screening import rules_engine
from comments.screening.screening import Rejected, Sender
from moderation.decisions import actions as deciding
from moderation.decisions import undo
from moderation.rules.dry_run import DryRun
from tests import make
from tests.conftest import RUNS_ALL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADD = "/admin/comments/rule/add/"
LIST = "/admin/comments/rule/"
BEGUN = timezone.now() - timedelta(days=20)
TEXTS = [
    "Buy gold at https://gold.example now", "I read the part about the harbour twice.", "gold gold gold",
    "LOOK AT THIS AND TELL ALL YOUR FRIENDS", "Das ist nicht der Weg, und ich habe es auch gesagt.", "aaaaaaaaaaaaaa!",
]  # fmt: skip
Saying = tuple[Commenter, str, str, Any]  # commenter, text, address, time

RULES: list[tuple[str, dict[str, Any]]] = [
    ("hold", {"links": 1}),
    ("spam", {"words": "gold", "not_links": 1}),
    ("hold", {"early": 2}),
    ("refuse", {"early": 2}),
    ("refuse", {"repeated": 1}),
    ("hold", {"repeated": 12, "not_words": "harbour"}),
    ("publish", {"language": "de"}),
    ("hold", {"account": 5, "essay": 4}),
    ("spam", {"capitals": 70}),
    ("refuse", {"disposal": ""}),
    ("hold", {"address": "203.0.0.0/24", "pattern": "^buy .* now$"}),
]


def rule(action: str = "hold", *, is_on: bool = False, position: int = 5, **conditions: Any) -> Rule:
    name = f"{action} {conditions}"
    made = Rule.objects.create(name=name, action=action, sentence=name, position=position, is_on=is_on)
    for kind, value in conditions.items():
        made.conditions.create(kind=kind.removeprefix("not_"), value=str(value), is_not=kind.startswith("not_"))
    rules_engine.update_stamp()
    return made


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=False, hold_links=0)
    return make.essay(published=BEGUN - timedelta(days=3))


def talk(essay: Essay) -> list[Saying]:
    """Comments of six people over twenty days, with repeated texts."""
    people = [make.guest(f"Guest {n}", email=f"g{n}@{'mailinator.com' if n == 3 else 'example.org'}") for n in range(4)]
    people += [Commenter.objects.for_user(make.user("anna")), Commenter.objects.for_user(make.moderator("mara"))]
    for person in people:
        person.created = BEGUN
        person.save()
    said: list[Saying] = []
    for number in range(24):
        who, text = people[number % 6], TEXTS[number // 3 % 6]
        text += " –" * any(who is other and text == words for other, words, *_rest in said)
        said.append((who, text, f"203.0.{number % 3}.7", BEGUN + timedelta(hours=19 * number)))
    for who, hours in ((people[0], 0), (people[2], 5), (people[4], 25)):  # the third repeats the second
        said.append((who, "An echo of it", "203.0.0.7", said[23][-1] + timedelta(hours=19 + hours)))
    play(essay, said)
    return said


def play(essay: Essay, said: list[Saying]) -> list[int | str | None]:
    """Post all comments at their times; return which rule decided on each, or the error message."""
    outcomes: list[int | str | None] = []
    for who, text, address, when in said:
        with time_machine.travel(when, tick=False):
            try:
                made = actions.post(
                    essay=essay,
                    commenter=Commenter.objects.get(pk=who.pk),
                    sender=Sender(address),
                    text=text,
                    rules=Rules.objects.get(),
                    is_trusted=who.name == "mara",
                )
            except Rejected as refused:
                outcomes.append(str(refused))
            else:
                decision = made.decisions.filter(verb="rule").first()
                outcomes.append(decision.rule_id if decision else None)
    return outcomes


@pytest.mark.both
def test_a_dry_run_predicts_what_the_rule_does_with_the_same_comments(essay: Essay) -> None:
    said = talk(essay)
    rule("publish", is_on=True, position=1, words="twice")
    rule("refuse", is_on=True, position=9, words="friends")
    Block.objects.create(kind="block", commenter=said[1][0])
    make.rules(refuse_words="aaaa")
    places = {comment.pk: place for place, comment in enumerate(Comment.objects.order_by("pk"))}
    chosen = RULES if RUNS_ALL else RULES[::2]
    rules = [rule(action, **conditions) for action, conditions in chosen]
    trial = DryRun()
    would = [[places[found.pk] for found in trial.test(each, each.conditions.all()).matched] for each in rules]
    Comment.objects.all().delete()
    for each, expected in zip(rules, would, strict=True):
        with transaction.atomic():
            Rule.objects.filter(pk=each.pk).update(is_on=True)
            rules_engine.update_stamp()
            outcomes = play(make.essay(published=essay.published), said)
            transaction.set_rollback(True)
        rules_engine.update_stamp()
        assert expected, each
        assert [place for place, one in enumerate(outcomes) if one in {each.pk, each.sentence}] == expected, each


def test_comments_with_too_coarse_a_network_are_counted_as_untestable(essay: Essay) -> None:
    make.comment(essay, status="pending")
    tried = DryRun().test(Rule(action="hold"), [Condition(kind="address", value="203.0.113.9")])
    assert (len(tried.matched), tried.untestable) == (0, 1)


# In the admin


@pytest.fixture
def owner(client: Client, essay: Essay) -> Client:
    client.force_login(make.owner("owner"))
    return client


def form(*conditions: tuple[str, str], **fields: str) -> dict[str, str]:
    filled = {"name": "Ours", "position": "1", "action": "hold", "sentence": ""}
    rows = {
        f"conditions-{name}": str(count) for name, count in (("TOTAL_FORMS", len(conditions)), ("INITIAL_FORMS", 0))
    }
    for number, (kind, value) in enumerate(conditions):
        rows |= {f"conditions-{number}-kind": kind, f"conditions-{number}-value": value}
    return filled | rows | fields


def said_by_hand(essay: Essay) -> None:
    """Create comments: about gold, one approved and one marked as spam by a moderator, one published; one about silver."""
    judge = make.moderator("judge")
    deciding.approve(make.comment(essay, "gold one", status="pending"), by=judge)
    deciding.mark_spam(make.comment(essay, "gold two"), by=judge)
    for text in ("gold three", "silver"):
        actions.post(essay=essay, commenter=make.guest(), sender=Sender("203.0.113.9"), text=text)


def test_a_dry_run_shows_its_result_and_saves_nothing(owner: Client, essay: Essay) -> None:
    said_by_hand(essay)
    html = owner.post(ADD, form(("words", "gold"), _try="1")).content.decode()
    assert (
        "This rule would have held 3 of the last 4 comments: 1 approved by a moderator, 1 published immediately, 1 now spam."
        in html
    )
    assert "“<bdi>gold three</bdi>”" in html
    assert 'value="Ours"' in html
    assert not Rule.objects.exists()


def test_a_saved_rule_shows_its_dry_run_and_works_once_it_is_on(owner: Client, essay: Essay) -> None:
    said_by_hand(essay)
    assert owner.post(ADD, form(("words", "gold"), ("longer", "9"))).status_code == 302
    made = Rule.objects.get()
    for address in (f"{LIST}{made.pk}/change/", LIST):
        assert "This rule would have held 1 of the last 4 comments" in owner.get(address).content.decode()
    listed = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(made.pk), "form-0-position": "3"}
    owner.post(LIST, {**listed, "form-0-is_on": "on", "_save": "Save"})
    sent = actions.post(essay=essay, commenter=make.guest(), sender=Sender(), text="gold, again and again")
    assert sent.status == Status.PENDING
    owner.post(f"{LIST}{made.pk}/delete/", {"post": "yes"})
    assert Rules.objects.get().rule_stamp == ""


def test_it_shows_how_often_a_rule_was_overruled(owner: Client, essay: Essay) -> None:
    made, judge = rule(is_on=True, words="gold"), make.moderator("judge")
    held = [
        actions.post(essay=essay, commenter=make.guest(), sender=Sender(), text=f"gold {number}") for number in range(4)
    ]
    decision = deciding.approve(held[0], by=judge)
    deciding.approve(held[1], by=judge)
    deciding.mark_spam(held[2], by=judge)
    assert "This rule matched 4 times and was overruled 2 times." in owner.get(LIST).content.decode()
    undo.undo(decision, by=judge)
    html = owner.get(f"{LIST}{made.pk}/change/").content.decode()
    assert "This rule matched 4 times and was overruled once." in html


@pytest.mark.parametrize(
    ("conditions", "fields", "says"),
    [
        ([("links", "many")], {}, "Enter a whole number from 1"),
        ([("pattern", "(a|a)*$")], {}, "This pattern is too slow"),
        ([], {}, "Add at least one condition."),
        ([("links", "1")], {"action": "refuse"}, "Enter the message that the commenter sees"),
        ([("reported", "3")], {"action": "publish"}, "A rule about reports can only hold"),
    ],
)
@pytest.mark.parametrize("button", ["_save", "_try"])
def test_invalid_rules_show_an_error_and_are_not_saved(
    owner: Client, conditions: list[tuple[str, str]], fields: dict[str, str], says: str, button: str
) -> None:
    html = owner.post(ADD, form(*conditions, **fields, **{button: "1"})).content.decode()
    assert says in html
    assert "It would have" not in html
    assert not Rule.objects.exists()


def test_a_pattern_that_timed_out_is_shown_next_to_it(owner: Client, essay: Essay) -> None:
    made = rule(is_on=True, pattern="(a|a)*$")
    actions.post(essay=essay, commenter=make.guest(), sender=Sender(), text="a" * 40 + "!")
    html = owner.get(f"{LIST}{made.pk}/change/").content.decode()
    assert "Timed out 1 time" in html
    assert "A pattern timed out on some comments" in html


def test_the_queries_of_a_dry_run_do_not_grow_with_the_comments(
    owner: Client, essay: Essay, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make.comment(essay, f"gold {number % 3}", status="approved")
    made = rule(words="gold", early=3, repeated=9, address="10.0.0.0/8")
    owner.get(LIST)  # the first request after a login also saves the session
    with django_assert_max_num_queries(16):
        owner.get(f"{LIST}{made.pk}/change/")
