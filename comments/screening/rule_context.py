"""The data that rules are evaluated against: a comment as it was or is being posted, with its surroundings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings

from accounts.models import Commenter
from blog import markup
from blog.models import Essay
from comments.models import Comment, Rules, Wording
from comments.models.block import Network, parse_network
from comments.screening.history import history_of_comment
from comments.screening.languages import detect_language
from comments.screening.word_lists import fold_words
from comments.spam import training

MIN_LETTERS = 20  # below it, the share of capitals is 0


@dataclass(frozen=True)
class PriorActivity:
    """Earlier comments by the same person or with the same text."""

    earlier_count: int = 0  # comments by the same person
    last_repeated: datetime | None = None  # when anyone last posted the same text


@dataclass
class RuleContext:
    """All data that a condition may use."""

    wording: Wording
    commenter: Commenter
    essay: Essay
    network: Network | None  # the sender's address, or the stored part of it
    past: PriorActivity
    judge: Callable[[], float | None]
    reports: int = 0

    @cached_property
    def plain(self) -> str:
        """The comment's text without markup."""
        return markup.plain_text(self.wording.html)

    @cached_property
    def folded(self) -> str:
        """The text and the author's details, folded for comparison with word lists."""
        who = self.commenter
        return fold_words("\n".join((self.wording.text, self.plain, who.name, who.email, who.website)))

    @cached_property
    def links(self) -> int:
        """The number of links, except to this site."""
        home = f"{settings.SITE_URL}/"
        return len([link for link in markup.link_targets(self.wording.html) if not link.startswith(home)])

    @cached_property
    def capitals(self) -> float:
        """Percentage of capitals among the letters that have a case."""
        cased = [sign for sign in self.plain if sign.isupper() or sign.islower()]
        return 100 * sum(map(str.isupper, cased)) / len(cased) if len(cased) >= MIN_LETTERS else 0

    @cached_property
    def language(self) -> str:
        """The code of the text's language, or an empty string if it is unclear."""
        return detect_language(self.plain)

    @cached_property
    def spam_score(self) -> float | None:
        """The filter's score from 0 to 1, computed when first needed; None if the filter is off."""
        return self.judge()


def context_of_comment(comment: Comment, rules: Rules, past: PriorActivity, reports: int = 0) -> RuleContext:
    """The context of an existing comment at the time it was posted; only the stored part of its network is known."""
    wording = comment.wording or Wording()
    return RuleContext(
        wording,
        comment.commenter,
        comment.essay,
        network=parse_network(wording.network),
        past=past,
        judge=lambda: training.spam_score(rules, wording.text, comment.commenter),
        reports=reports,
    )


def prior_activity_of(comment: Comment) -> PriorActivity:
    """The activity before an existing comment."""
    wording = comment.wording or Wording()
    history = history_of_comment(comment, text=wording.text, until=wording.created)
    return PriorActivity(history.earlier_count, history.last_repeated)
