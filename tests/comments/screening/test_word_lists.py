"""The owner's word lists: whole words, and parts of words with `*`."""

import pytest

from blog.models import Essay
from comments.models import Rule, Status
from comments.screening import rules_engine
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CLASSIC = "A classic assessment"
FOUND = [
    ("ass", "What an ass!"),
    ("ass", "ass"),
    ("ass", "(ASS)"),
    ("ass", "smart-ass"),
    ("ass", "an_ass_here"),
    ("ass*", CLASSIC),
    ("*ass", "Such a jackass."),
    ("*ass*", "A classic"),
    ("big win", "a BIG  win for you"),
    ("big w*", "a big winner"),
    ("straße", "Auf der STRASSE."),
    ("élan", "Quel élan !"),
    ("@example.net", "Write to me@example.net"),
    ("casino.example", "See https://casino.example/now"),
    ("100%", "100% free"),
    ("казино", "Лучшее казино тут"),
    ("赌场", "最好的赌场在这里"),
    ("カジノ", "オンラインカジノで"),
    ("คาสิโน", "เล่นคาสิโนออนไลน์"),
    ("카지노", "온라인카지노에서"),
    ("viagra", "买viagra吧"),
]
NOT_FOUND = [
    ("ass", CLASSIC),
    ("ass*", "A classic jackass"),
    ("*ass", CLASSIC),
    ("win", "winner"),
    ("élan", "élans"),
    ("lan", "élan"),
    ("big win", "big winner"),
    ("казино", "казиношный"),
    ("casino", "casino2000"),
    ("*", "Anything"),
    ("**", "Anything **bold**"),
]


@pytest.fixture(autouse=True)
def _open(essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_links=0)


@pytest.mark.parametrize(("word", "text"), FOUND)
def test_a_comment_with_a_listed_word_is_held(essay: Essay, guest: Browser, word: str, text: str) -> None:
    make.rules(hold_words=f"something else\n{word}")
    assert guest.post_comment(essay, text=text).status == Status.PENDING


@pytest.mark.parametrize(("word", "text"), NOT_FOUND)
def test_a_comment_with_a_listed_word_only_inside_another_is_published(
    essay: Essay, guest: Browser, word: str, text: str
) -> None:
    make.rules(hold_words=word, refuse_words=word)
    assert guest.post_comment(essay, text=text).status == Status.APPROVED


def test_rejected_words_are_whole_words_and_named_without_the_asterisk(essay: Essay, guest: Browser) -> None:
    make.rules(refuse_words="ass\ncasino*")
    assert guest.post_comment(essay, text=CLASSIC).status == Status.APPROVED
    assert "containing “casino”" in guest.submit_comment(essay, text="Many casinos").error_summary


def test_the_owners_rules_match_whole_words(essay: Essay, guest: Browser) -> None:
    rule = Rule.objects.create(name="Rude", action="hold", is_on=True)
    rule.conditions.create(kind="words", value="ass\ncasino*")
    rules_engine.update_stamp()
    assert guest.post_comment(essay, text=CLASSIC).status == Status.APPROVED
    assert guest.post_comment(essay, text="Many casinos").status == Status.PENDING


def test_the_help_of_each_list_explains_what_a_line_matches(essay: Essay) -> None:
    owner = Browser(make.owner())
    for page, count in (("/admin/comments/rules/1/change/", 2), ("/admin/comments/rule/add/", 1)):
        said = owner.read(page).text
        assert said.count("Whole words only; use * for parts of words: ass*, *ass, *ass*.") == count


def test_a_condition_of_asterisks_alone_is_not_saved(essay: Essay) -> None:
    answer = Browser(make.owner()).post(
        "/admin/comments/rule/add/",
        {"name": "All", "action": "hold", "position": "0", "sentence": "", "conditions-TOTAL_FORMS": "1",
         "conditions-INITIAL_FORMS": "0", "conditions-0-kind": "words", "conditions-0-value": "*\n**"},
    )  # fmt: skip
    assert "Enter one or more words, one per line." in answer.content.decode()
    assert not Rule.objects.exists()
