"""The statistics at /admin/comments/queue/numbers/: correct figures, no inline styles, few queries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from comments.models import Comment, Decision, Rule, Wording
from moderation.decisions import actions
from moderation.insights import overrules, plots, statistics, waiting_times, weeks
from moderation.insights.plots import Series
from tests import make

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mara(client: Client) -> User:
    make.rules()
    mara = make.moderator("mara", name="Mara")
    client.force_login(mara)
    return mara


def decided(comment: Comment, by: User, verb: Any, after: timedelta) -> Decision:
    """Decide about a comment as if it had been pending for this long."""
    decision: Decision = verb(comment, by=by)
    Comment.objects.filter(pk=comment.pk).update(created=decision.created - after)
    return decision


def waiting_comments(count: int, *reasons: str, score: float = 0.5) -> list[Comment]:
    essay = make.essay()
    found = [make.comment(essay, status="pending") for _each in range(count)]
    Decision.objects.all().delete()  # those of the judge of make.py
    kept = [{"code": code} for code in reasons]
    Wording.objects.filter(comment__in=found).update(reasons=kept)
    Comment.objects.filter(pk__in=[comment.pk for comment in found]).update(spam_score=score)
    return found


def test_it_shows_the_median_and_ninetieth_percentile_of_waiting_times(client: Client, mara: User) -> None:
    for at, comment in enumerate(waiting_comments(10), start=1):
        decided(comment, mara, actions.approve, at * 10 * MINUTE)
    found = waiting_times.WaitingTimes.load()
    assert (found.median, found.slow) == ("50 minutes", "2 hours")
    assert len(found.all) == 10
    page = client.get(reverse("queue-numbers")).content.decode()
    assert "Median: 50 minutes; 90% within 2 hours." in " ".join(page.split())


def test_only_a_moderators_first_decision_about_a_pending_comment_is_counted(mara: User) -> None:
    twice, ruled = waiting_comments(2)
    decided(twice, mara, actions.approve, 10 * MINUTE)
    actions.unapprove(twice, by=mara)
    actions.mark_spam(twice, by=mara)
    rule = Rule.objects.create(name="Casinos")
    Decision.objects.create(
        comment=ruled, comment_number=ruled.pk, rule=rule, verb="rule", before="pending", after="spam"
    )
    assert waiting_times.WaitingTimes.load().all == [pytest.approx(600, abs=1)]


@pytest.mark.once
@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.9, 4.0), (0.01, 1.0)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert waiting_times.quantile([1.0, 2.0, 3.0, 4.0], share) == expected
    assert waiting_times.quantile([], share) is None


def test_comments_are_counted_by_week_of_posting(mara: User) -> None:
    new, old, ancient = waiting_comments(3)
    first = weeks.first_day(weeks.LONG_WEEKS)
    Comment.objects.filter(pk=old.pk).update(created=first + timedelta(days=8))
    Comment.objects.filter(pk=ancient.pk).update(created=first - timedelta(hours=1))
    actions.mark_spam(old, by=mara)
    counts = statistics.WeeklyComments.load().counts
    assert counts["spam"][1] == 1
    assert counts["pending"][-1] == 1
    assert sum(map(sum, counts.values())) == 2
    assert new.status == "pending"


def test_reasons_and_the_filter_are_compared_with_moderators_decisions(mara: User) -> None:
    right, wrong, undecided = waiting_comments(3, "spam", "links")
    (missed,) = waiting_comments(1)
    actions.mark_spam(right, by=mara)
    actions.approve(wrong, by=mara)
    actions.mark_spam(missed, by=mara)
    found = overrules.OverruleStatistics.load()
    assert (found.correctly_held, found.missed, found.wrongly_held, found.undecided) == (1, 1, 1, 1)
    links = found.by_code["links"]
    assert (links.held, links.overruled, links.upheld, links.open, links.overruled_share) == (3, 1, 1, 1, "50%")
    assert links.url == f"{reverse('queue')}?status=all&reason=links"
    assert undecided.status == "pending"


def test_rules_are_compared_with_moderators_decisions(mara: User) -> None:
    rule = Rule.objects.create(name="Casinos")
    held, right, passed = waiting_comments(3)
    for comment in (held, right):
        Decision.objects.create(comment=comment, comment_number=comment.pk, rule=rule, verb="rule", after="pending")
    actions.approve(held, by=mara)
    actions.mark_spam(right, by=mara)
    actions.approve(passed, by=mara)
    Decision.objects.create(comment=passed, comment_number=passed.pk, rule=rule, verb="rule", after="approved")
    actions.trash(passed, by=mara)
    (check,) = overrules.rule_statistics()
    assert (check.name, check.held, check.overruled, check.upheld) == ("Casinos", 3, 2, 1)
    assert check.url == f"{reverse('queue-log')}?by={rule.pk}"


def test_the_page_needs_few_queries_and_no_inline_styles(client: Client, mara: User) -> None:
    for comment in waiting_comments(3, "spam"):
        decided(comment, mara, actions.mark_spam, MINUTE)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("queue-numbers")).content.decode()
    assert len(asked) <= 15
    assert "style=" not in page
    assert len(re.findall(r'<svg [^>]*role="img"[^>]* aria-label="[^"]+"', page)) == 2
    assert page.count("<details><summary>Show as table") == 2


def test_an_empty_site_has_a_page_too(client: Client, mara: User) -> None:
    page = client.get(reverse("queue-numbers")).content.decode()
    assert "No comments in the last 26 weeks." in page
    assert "<figure" not in page


@pytest.mark.once
def test_a_plot_is_valid_svg_whatever_the_values() -> None:
    drawn = [
        plots.lines([Series("median", [None, 1e9, None, 0.0, 3.5])], [str(at) for at in range(5)], description='"<&'),
        plots.stacked([Series("good", [0, 0])], ["a", "b"], description="none"),
        plots.histograms(
            [Series("good", [0.0] * 20)], band=(0.5, 1.0), marks=[plots.Mark(0.99, "<b>")], description="none"
        ),
        plots.lines([Series("median", [])], [], description="none"),
    ]
    for each in drawn:
        assert "nan" not in each
        assert "inf" not in each
        assert "<b>" not in each
        assert all(
            re.fullmatch(r"-?[\d.]+", number) for number in re.findall(r' (?:x|y|width|height|cx|cy)="([^"]*)"', each)
        )
    assert 'aria-label="&quot;&lt;&amp;"' in drawn[0]


@pytest.mark.once
@pytest.mark.parametrize(("most", "top"), [(0, 1), (0.3, 0.4), (1, 1), (3, 4), (11, 20), (41, 50), (99_999, 100_000)])
def test_the_top_of_a_plot_is_a_round_number(most: float, top: float) -> None:
    assert plots.round_up(most) == top


@pytest.mark.once
def test_durations_are_rounded_to_one_unit() -> None:
    told = [waiting_times.format_duration(seconds) for seconds in (None, 20, 60, 4000, 3600 * 30, 86_400 * 9)]
    assert told == ["–", "less than a minute", "1 minute", "67 minutes", "30 hours", "9 days"]
