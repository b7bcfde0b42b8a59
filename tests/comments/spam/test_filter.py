"""The spam filter: training from files, scores and explanations, and the rules' thresholds."""

import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from blog.models import Essay
from comments import spam
from comments.models import Address, Comment, Notice, Rules, SpamModel, Subscription, Wording
from comments.notifications import outbox
from comments.notifications import views as subscription_views
from comments.posting import editing
from comments.screening import reasons as why_held
from comments.screening import screening
from comments.spam import Figures, Filter, Submission, training
from comments.spam import examples as learning
from comments.spam import features as looking
from comments.spam.filter import MIN_THRESHOLD
from comments.threads.viewer import Viewer
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser
from tests.comments.spam_training import GOOD, SPAM, examples, spam_command, train, write_csv
from tests.conftest import RUNS_ALL
from tests.moderation.desk import listed_keys

SETS = sorted((Path(__file__).resolve().parents[4] / "shared/data/spam").glob("Youtube*.csv"))
CHEAP = "Cheap lamps, click http://bit.ly/lamps and order"
THOUGHT = "The part about the bridge made me think of our own."

once = pytest.mark.once
database = pytest.mark.django_db


def taught(texts: list[tuple[str, bool]] | None = None) -> Filter:
    both = texts or [(text, True) for text in SPAM] + [(text, False) for text in GOOD]
    return Filter.train(
        spam.select_examples(spam.make_example(Submission(text), is_spam=is_spam) for text, is_spam in both)
    )


@pytest.fixture(scope="module")
def known() -> Filter:
    return taught()


@pytest.fixture
def lesson_learnt(essay: Essay, tmp_path: Path) -> None:
    """Train the site's filter; first comments are not held."""
    make.rules(hold_first_comment=False)
    train(tmp_path)


def reasons(comment: Comment) -> list[dict[str, Any]]:
    return list(Wording.objects.filter(comment=comment).latest("pk").reasons)


# The model


@once
def test_the_filter_recognizes_spam_and_explains_it(known: Filter) -> None:
    found = known.judge(Submission(CHEAP))
    assert known.score(Submission(THOUGHT)) < 0.2 < known.threshold <= found.score == known.score(Submission(CHEAP)) < 1
    assert "cheap" in found.words + found.signs
    assert "shortener" in found.signs
    assert len(found.words) + len(found.signs) <= 4


@once
def test_training_in_any_order_makes_the_same_model(known: Filter) -> None:
    both = [(text, True) for text in SPAM] + [(text, False) for text in GOOD]
    assert taught([*reversed(both), *both[:9]]).pack() == known.pack()


@once
def test_a_stored_model_is_loaded_unchanged(known: Filter) -> None:
    again = Filter.unpack(known.pack())
    assert (again.weights, again.threshold, again.stamp) == (known.weights, known.threshold, known.stamp)
    kept = spam.select_examples(spam.make_example(Submission(text, "Ann"), is_spam=True) for text in SPAM)
    assert learning.unpack(learning.pack(kept)) == kept
    assert b"cheap" not in known.pack() + learning.pack(kept)


@once
def test_a_fair_sample_is_kept_of_too_much_training_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MAX_FEATURES", 1000)
    kept = spam.select_examples(spam.make_example(Submission(text), is_spam=text in SPAM) for text in [*SPAM, *GOOD])
    assert 500 < sum(each.size for each in kept) <= 1000
    assert 0.3 < sum(each.is_spam for each in kept) / len(kept) < 0.7


@once
def test_unfamiliar_good_comments_are_not_held_by_a_filter_that_knows_one_kind_of_spam() -> None:
    """Cross-validation of such uniform data is misleadingly good."""
    bots = [(f"Buy pills number {n} now http://pills.example/{n} cheap", True) for n in range(60)]
    known = taught([*bots, *((f"The chapter on rivers, page {n}, is too short I think.", False) for n in range(60))])
    assert known.score(Submission(bots[0][0].replace("number", "box"))) >= known.threshold >= MIN_THRESHOLD
    loud = [
        "LOVE this song!!! <3 <3",
        "Number 1 fan here, 100% the best :)",
        "See http://archive.example/scan?p=3 for it",
    ]
    assert max(known.score(Submission(text)) for text in loud) < known.threshold


@once
def test_a_barely_trained_filter_decides_only_when_nearly_certain() -> None:
    known = Filter.train([])
    assert known.threshold == MIN_THRESHOLD
    kept = [spam.make_example(Submission(text), is_spam=True) for text in SPAM[: spam.MIN_EXAMPLES - 1]]
    assert Filter.train(kept).threshold >= MIN_THRESHOLD
    sure = "Cheap followers!!! Click here http://sho.rt/a1 and subscribe to my channel http://prizes.example/win"
    assert known.score(Submission(sure)) >= known.threshold
    assert max(known.score(Submission(text)) for text in (*GOOD, THOUGHT)) < known.threshold


@once
@pytest.mark.parametrize(
    ("said", "feature"),
    [
        (Submission("Вuy now"), "# mixed"),  # the first letter is Cyrillic
        (Submission("CHEÁP  cheap"), "w cheap"),
        (Submission("[url=http://x.example]x[/url]"), "# bbcode"),
        (Submission('<a href="http://x.example/a">x</a>'), "# html"),
        (Submission("see tinyurl.com/abc"), "# shortener"),
        (Submission("# SALE\nbuy"), "# headings"),
        (Submission("again and " * 9), "# repeats 3"),
        (Submission("x", website="https://www.Shop.example"), "h site shop.example"),
        (Submission("x", email="ab12345@mail.example"), "# address 3 0 example"),
        (Submission("no\ud800\0more"), "w more"),
    ],
)
def test_the_features_of_a_comment(said: Submission, feature: str) -> None:
    assert feature in looking.extract_features(said)


@once
@pytest.mark.parametrize(
    "text",
    [
        "a" * 65536, "http://a.example/x " * 10_000, "\0" * 65536, "\ud800" * 65536, "a" + "\u0301" * 65535, "a." * 32768,
        "a-" * 32768, "<a " * 20_000, "<a href=" * 9_000, "&#" * 32768, "\ufdfa" * 65536, "[url" * 16_000,
    ],
    ids=lambda text: ascii(text[:8]),
)  # fmt: skip
def test_hostile_input_takes_no_longer_than_ordinary_input(known: Filter, text: str) -> None:
    began = time.process_time()
    known.judge(Submission(text, text, text, text))
    assert time.process_time() - began < 0.1


@once
def test_links_of_a_thoughtful_comment_do_not_make_it_spam(known: Filter) -> None:
    letter = (
        "I looked it up in the old atlas, and it is as you say: https://maps.example.org/atlas/1890/page-12 shows it."
    )
    assert known.score(Submission(f"{letter} {THOUGHT} " * 5)) < known.threshold


# The commands


@database
def test_training_data_is_used_and_not_stored_twice(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", examples())
    assert "AUC" in spam_command("judge", file)[0]  # by the built-in training data
    assert spam_command("learn", file)[0].startswith("Learned from 80 new comments")
    row = SpamModel.objects.get()
    assert (
        spam_command("learn", file)[0]
        == "Learned from 0 new comments.\nThe filter has learned from 40 spam and 40 good comments.\n"
    )
    assert bytes(SpamModel.objects.get().weights) == bytes(row.weights)
    assert spam_command("judge", file)[0].startswith("AUC 1.00, good comments marked as spam 0.0 %, spam caught ")
    assert len(row.weights) + len(row.examples) < 2_000_000


@database
@once
def test_two_files_teach_as_much_as_one(known: Filter, tmp_path: Path) -> None:
    spam_command("learn", write_csv(tmp_path / "a.csv", examples()[::2]))
    spam_command("learn", write_csv(tmp_path / "b.csv", examples()[1::2]))
    apart = Rules.objects.get().spam_stamp
    SpamModel.objects.all().delete()
    train(tmp_path)
    assert Rules.objects.get().spam_stamp == apart == known.stamp


@database
@once
def test_invalid_rows_are_reported_and_skipped(tmp_path: Path) -> None:
    bad = [["what is this", "spam"], ["alone"], [" ", "1"], ["x" * 200_000, "0"], [], *[["many", "2"]] * 30]
    out, err = spam_command("learn", write_csv(tmp_path / "bad.csv", [*bad, *examples()]))
    assert "The filter has learned from 40 spam and 40 good comments." in out
    assert "bad.csv, line 2: CLASS is “spam”, but must be 1 for spam or 0 for not spam. Skipped." in err
    assert "line 3: too few columns" in err
    assert "line 4: CONTENT is empty." in err
    assert "line 5: field larger than field limit" in err
    assert "14 more lines skipped." in err


@database
@once
@pytest.mark.parametrize(("sign", "encoding"), [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8-sig")])
def test_files_saved_by_spreadsheets_are_read_the_same(tmp_path: Path, sign: str, encoding: str) -> None:
    heading = sign.join(("Date", "class", '"Content"'))
    lines = [f'x{sign}{int(is_spam == "1")}{sign}"{text}: déjà\r\nvu"' for text, is_spam, *_ in examples()]
    (tmp_path / "sheet.csv").write_bytes("\r\n".join([heading, *lines]).encode(encoding))
    read = list(spam.read_labeled(tmp_path / "sheet.csv", pytest.fail))
    assert len(read) == 80
    assert all(said.text.endswith(": déjà\r\nvu") for said, _ in read)
    assert sum(is_spam for _, is_spam in read) == 40


@database
@once
def test_a_file_without_training_data_is_rejected_with_a_message(tmp_path: Path) -> None:
    for name, content, why in (
        ("empty.csv", "", "Add the missing columns to the first line: CONTENT, CLASS"),
        ("other.csv", "TEXT,CLASS\na,1\n", "Add the missing columns to the first line: CONTENT"),
        ("none.csv", "CONTENT,CLASS\n", "contains no comments to learn from"),
        ("missing.csv", None, "No such file"),
    ):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(CommandError, match=why):
            spam_command("learn", tmp_path / name)
    train(tmp_path)
    with pytest.raises(CommandError, match="must contain both spam"):
        spam_command("judge", write_csv(tmp_path / "one.csv", [["a", "1"]]))


# Before a comment is published


@database
def test_a_held_comment_shows_the_reason_only_to_moderators(essay: Essay, lesson_learnt: None) -> None:
    browser = Browser()
    held = browser.post_comment(essay, text=CHEAP)
    (reason,) = reasons(held)
    assert (held.status, reason["code"], "shortener" in reason["signs"]) == ("pending", "spam", True)
    assert why_held.describe(reason).startswith(f"spam score {reason['score']:.2f}: “")
    assert "shortened link" in why_held.describe(reason)
    assert why_held.message_to_author([reason]) == "A moderator will review it before it appears."
    assert Browser().post_comment(essay, text=THOUGHT, name="Ben", email="ben@example.org").is_approved


@database
@once
def test_the_owner_sets_the_thresholds(essay: Essay, lesson_learnt: None) -> None:
    def status(text: str, **rules: Any) -> str:
        make.rules(**rules)
        return str(Browser().post_comment(essay, text=text, name=f"Guest {text[-9:]} {rules}"[:40]).status)

    assert status(f"{CHEAP} a", spam_filter=False) == "approved"
    assert status(f"{CHEAP} b", spam_filter=True, spam_mark_at=80) == "spam"
    assert status(f"{THOUGHT} c", spam_hold_at=1, spam_mark_at=99) in {"approved", "pending"}
    assert status(f"{CHEAP} d", spam_hold_at=99, spam_mark_at=0) in {"approved", "pending"}
    score = training.current_filter(Rules.objects.get()).score(Submission(f"{CHEAP} e"))  # type: ignore[union-attr]
    assert status(f"{CHEAP} e", spam_hold_at=min(99, int(score * 100)), spam_mark_at=0) == "pending"


@database
@once
def test_a_comment_marked_as_spam_is_listed_and_looks_pending_to_its_author(essay: Essay, lesson_learnt: None) -> None:
    make.rules(hold_first_comment=False, spam_mark_at=50)
    browser = Browser()
    sent = browser.submit_comment(essay, text=CHEAP, remember="on")
    comment = Comment.objects.get()
    assert comment.status == "spam"
    page = browser.read(browser.get(sent.response.headers["Location"]).headers["Location"].partition("#")[0])
    assert "Your comment is awaiting moderation. A moderator will review it before it appears." in " ".join(
        page.text.split()
    )
    assert page.comment(comment).get("data-status") == "pending"
    assert f"/comments/{comment.pk}/delete/" in page.html
    assert browser.post(f"/comments/{comment.pk}/delete/").status_code == 302
    comment.refresh_from_db()
    assert (comment.status, comment.removed_by) == ("trash", "author")
    Comment.objects.filter(pk=comment.pk).update(status="spam", removed_by="")
    assert comment.pk not in Browser().read(essay.get_absolute_url()).comment_keys
    assert "Your comment is awaiting moderation." in browser.read("/replies/comments/").text
    desk = Browser(make.moderator())
    assert "spam score" in desk.read("/admin/comments/queue/?status=spam").html


@database
@once
def test_the_filters_own_decision_sends_no_decision_email(essay: Essay, lesson_learnt: None) -> None:
    make.rules(hold_first_comment=False, spam_mark_at=50)
    comment = Browser().post_comment(essay, text=CHEAP)
    address = Address.objects.create(email="anna@example.org", verified=timezone.now())
    asked = Subscription(kind=Subscription.Kind.DECISION, address=address, comment=comment, confirmed=timezone.now())
    asked.save()
    keeper = make.moderator()
    outbox.create_notices(comment)
    assert not Notice.objects.exists()
    assert subscription_views.load_undecided(Subscription.objects.all()) == [asked]
    deciding.approve(comment, by=keeper)
    outbox.create_notices(Comment.objects.get())
    assert Notice.objects.filter(kind=Notice.Kind.DECIDED, subscription=asked).exists()


@database
@once
def test_an_edit_into_spam_is_treated_like_a_new_comment(essay: Essay, lesson_learnt: None) -> None:
    make.rules(hold_first_comment=False, spam_mark_at=50)
    comment = Browser().post_comment(essay, text=THOUGHT)
    sender, rules = screening.Sender("203.0.113.9"), Rules.objects.get()
    assert comment.is_approved
    edited = editing.edit(comment.pk, by=Viewer(comment.commenter, ""), text=CHEAP, sender=sender, rules=rules)
    assert (edited.status, [reason["code"] for reason in reasons(edited)]) == ("spam", ["spam"])


@database
@once
def test_the_queue_sorts_by_the_scores_of_the_current_texts(essay: Essay, lesson_learnt: None) -> None:
    make.rules(hold_everything=True)
    thought, cheap = (Browser().post_comment(essay, text=text, name=text[:9]) for text in (THOUGHT, CHEAP))
    desk, sender, rules = Browser(make.moderator()), screening.Sender("203.0.113.9"), Rules.objects.get()
    queue = "/admin/comments/queue/?order=likeliest"
    assert listed_keys(desk.read(queue).html) == [cheap.pk, thought.pk]
    for comment, text in ((thought, CHEAP), (cheap, THOUGHT)):
        editing.edit(comment.pk, by=Viewer(comment.commenter, ""), text=text, sender=sender, rules=rules)
    assert listed_keys(desk.read(queue).html) == [thought.pk, cheap.pk]


@database
@once
def test_only_the_first_post_loads_the_model(
    essay: Essay, lesson_learnt: None, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    known = training.current_filter(Rules.objects.get())
    rules = Rules.objects.get()
    with django_assert_num_queries(0):
        assert training.current_filter(rules) is known
    with django_assert_max_num_queries(15):
        Browser().submit_comment(essay, text=CHEAP)


@database
@once
def test_the_owner_sees_the_filters_state_and_all_its_settings(essay: Essay, tmp_path: Path) -> None:
    desk = Browser(make.owner())
    form = "/admin/comments/rules/1/change/"
    assert "The filter has learned from 0 spam and 0 good comments. Until it has 30 of each" in desk.read(form).text
    assert (
        "0 = automatic. In a test on new YouTube comments, the automatic threshold held up to 1.5% of good comments"
        in desk.read(form).text
    )
    train(tmp_path)
    page = desk.read(form)
    assert "The filter has learned from 40 spam and 40 good comments. The automatic threshold is 0." in page.text
    for name in ("spam_filter", "spam_hold_at", "spam_mark_at"):
        assert page.only(f"*[@name='{name}']") is not None
    call_command("rules", "spam_filter=false", "spam_hold_at=90", "spam_mark_at=99", stdout=StringIO())
    rules = Rules.objects.get()
    assert (rules.spam_filter, rules.spam_hold_at, rules.spam_mark_at) == (False, 90, 99)
    for name, value in (("spam_mark_at", 100), ("spam_stamp", "x")):
        with pytest.raises(CommandError, match=r"from 0 to 99|Unknown setting"):
            call_command("rules", f"{name}={value}", stdout=StringIO())


# The shared data sets, which are not part of the project


@once
@pytest.mark.skipif(len(SETS) != 3, reason="the three sets are not here")
def test_the_filter_classifies_a_set_it_was_not_trained_on() -> None:
    """Test every third comment of the data sets; all under --all."""
    step = 1 if RUNS_ALL else 3
    sets = [list(spam.read_labeled(file, pytest.fail))[::step] for file in SETS]
    figures = []
    for at, judged in enumerate(sets):
        others = (each for other in sets[:at] + sets[at + 1 :] for each in other)
        known = Filter.train(spam.select_examples(spam.make_example(said, is_spam=is_spam) for said, is_spam in others))
        found = Figures.measure(known, judged)
        assert found
        figures.append(found)
    mean = Figures.mean(figures)
    assert mean.auc >= (0.98 if RUNS_ALL else 0.96)
    assert mean.false_positives <= (0.01 if RUNS_ALL else 0.02)
    assert mean.caught >= (0.75 if RUNS_ALL else 0.6)
    assert mean.milliseconds < 5  # required is 1; a busy machine may be slower
