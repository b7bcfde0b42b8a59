"""What a rule would have done, and what it did, as the owner reads it."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Comment, Rule, Status
from moderation.insights.rule_stats import Record
from moderation.queue.in_words import first_words
from moderation.rules.dry_run import Tried

SHOWN = 10


def held(among: int) -> str:
    return ngettext(
        "It would have held the one comment there is",
        "It would have held %(count)d of the last %(among)d comments",
        among,
    )


def put_under_spam(among: int) -> str:
    return ngettext(
        "It would have put the one comment there is under Spam",
        "It would have put %(count)d of the last %(among)d comments under Spam",
        among,
    )


def sent_back(among: int) -> str:
    return ngettext(
        "It would have sent back the one comment there is",
        "It would have sent back %(count)d of the last %(among)d comments",
        among,
    )


def published(among: int) -> str:
    return ngettext(
        "It would have published the one comment there is",
        "It would have published %(count)d of the last %(among)d comments",
        among,
    )


WOULD: dict[str, Callable[[int], str]] = {
    Rule.Action.HOLD: held,
    Rule.Action.SPAM: put_under_spam,
    Rule.Action.REFUSE: sent_back,
    Rule.Action.PUBLISH: published,
}
STANDS: dict[str, Any] = {
    "by hand": gettext_lazy("approved by hand"),
    "at once": gettext_lazy("published at once"),
    Status.PENDING: gettext_lazy("waiting now"),
    Status.SPAM: gettext_lazy("spam now"),
    Status.TRASH: gettext_lazy("in the trash now"),
}


def summary(tried: Tried) -> str:
    """“It would have held 12 of the last 1000 comments: 9 approved by hand, 3 spam now.”"""
    if not tried.among:
        return _("Nobody has said anything yet that it could be tried on.")
    if not tried.count:
        words = ngettext(
            "It would not have decided about the one comment there is.",
            "It would have decided about none of the last %(among)d comments.",
            tried.among,
        )
        return words % {"among": tried.among}
    would = WOULD[tried.rule.action](tried.among) % {"count": tried.count, "among": tried.among}
    stand = tried.stand_as()
    parts = [
        _("%(count)d %(how)s") % {"count": stand[how], "how": words} for how, words in STANDS.items() if stand[how]
    ]
    return f"{would}: {', '.join(parts)}." if parts else f"{would}."


def record(found: Record) -> str:
    if not found.decided:
        return _("It has not decided anything yet.")
    decided = ngettext("It decided once", "It decided %(count)d times", found.decided)
    times = ngettext("was overruled once", "was overruled %(count)d times", found.overruled)
    said = {
        "decided": decided % {"count": found.decided},
        "overruled": times % {"count": found.overruled} if found.overruled else _("was never overruled"),
    }
    return _("%(decided)s and %(overruled)s.") % said


def results(tried: Tried, *, may_read: bool) -> dict[str, Any]:
    shown = list(reversed(tried.decided))[:SHOWN] if may_read else []
    return {
        "summary": summary(tried),
        "notes": notes(tried),
        "comments": [line(tried, comment) for comment in shown],
        "more": tried.count - len(shown) if shown else 0,
    }


def notes(tried: Tried) -> list[str]:
    said = []
    if tried.unknown:
        words = ngettext(
            "Of %(count)d comment it cannot be said: where it came from is not kept, or not so exactly.",
            "Of %(count)d comments it cannot be said: where they came from is not kept, or not so exactly.",
            tried.unknown,
        )
        said.append(words % {"count": tried.unknown})
    if tried.stops:
        said.append(_("A pattern took too long and was stopped: with those comments the rule would have done nothing."))
    return said


def line(tried: Tried, comment: Comment) -> dict[str, Any]:
    return {
        "url": f"{reverse('queue')}?comment={comment.pk}",
        "name": comment.commenter.name,
        "words": first_words(comment.wording.html if comment.wording else ""),
        "stands": STANDS[tried.stands(comment)],
    }
