"""Post a comment, in one transaction."""

import hashlib
from dataclasses import asdict, dataclass

from django.db import transaction

import pagecache
from accounts.models import Commenter
from blog import markup
from blog.models import Essay
from comments.models import Comment, Decision, Discussion, Rules, Wording
from comments.notifications import subscribing
from comments.notifications.subscribing import Following
from comments.posting import akismet_check
from comments.screening import screening
from comments.screening.history import History, history_of_post
from comments.screening.screening import Draft, Sender
from comments.transitions import transition
from server.http import ratelimit


class Duplicate(Exception):
    """The same person has said just this here; the argument is the comment that is there."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


@dataclass
class Flooded(Exception):
    """Too soon after the last one; try again after so many seconds."""

    seconds: float


class Joined(Exception):
    """Who speaks has become one with somebody else, or was forgotten, since the request began."""


class Gone(Exception):
    """The comment being answered is no longer there to be answered."""


@transaction.atomic
def post(
    *,
    essay: Essay,
    commenter: Commenter,
    sender: Sender,
    text: str,
    parent: int | None = None,
    rules: Rules | None = None,
    is_trusted: bool = False,
    is_moderator: bool = False,
    key: str = "",
    following: Following | None = None,
) -> Comment:
    """Put a comment under an essay, or under the comment `parent` of it, and say who is to hear of it.

    Sent again with the same key, as after an answer that got lost, it is the comment made the first time.
    Raises Gone, Joined, Duplicate, Flooded or screening.Refused; then nothing is kept.
    """
    rules = rules or Rules.objects.current()
    wait = 0.0 if is_moderator else flood(commenter, sender, rules.flood_seconds)
    # those who write or keep order here are never joined away
    root, above = lock_commenter_and_thread(commenter if commenter.pk and not is_trusted else None, essay, parent)
    mark = sending(key, commenter, essay, parent, text)
    if parent is not None and (above is None or not above.is_approved):
        if sent := sent_before(mark, commenter):
            return sent
        raise Gone
    has_rules = bool(rules.rule_stamp)
    history = history_of_post(
        commenter, essay=essay, parent=parent, text=text, mark=mark, address=sender.address, looks_for_words=has_rules
    )
    if history.is_sent and (sent := sent_before(mark, commenter)):
        return sent
    check(history, wait)
    if commenter._state.adding:
        commenter.save()  # a stranger's first words
    wording = Wording(text=text, html=markup.comment(text), network=sender.network, sent_as=mark)
    draft = Draft(commenter, sender, wording, rules, essay, history)
    verdict = screening.judge(draft, is_trusted=is_trusted)
    wording.reasons, wording.likeness = verdict.reasons, draft.likeness
    comment = Comment.objects.insert_comment(essay=essay, commenter=commenter, parent=above, wording=wording)
    decision = Decision(verb=Decision.Verb.RULE, rule_id=verdict.rule) if verdict.rule else None
    transition(comment, verdict.status, root=root or comment, decision=decision, notify=following is None)
    if following:
        subscribing.posted.enqueue(comment.pk, **asdict(following))
    if commenter.has_news:
        pagecache.bump("site")
    akismet_check.enqueue(comment, is_vouched_for=is_trusted or (comment.is_approved and verdict.rule is not None))
    return comment


def lock_commenter_and_thread(
    commenter: Commenter | None, essay: Essay, parent: int | None
) -> tuple[Comment | None, Comment | None]:
    """Lock the commenter, then the thread to reply in; return its root and the comment replied to. Raises Joined.

    In this order, as merge_commenters() does, so that two transactions never wait for each other.
    """
    if commenter and parent is not None and not commenter.has_news:
        found = Comment.objects.lock_thread(parent, essay, holding=commenter)  # at one stroke
        if found[1] is not None:
            return found
    if commenter and not Commenter.objects.hold(commenter):
        raise Joined
    if parent is not None:
        return Comment.objects.lock_thread(parent, essay)  # mptt renumbers neighbours: one writer a thread
    Discussion.objects.lock(essay)  # no thread to lock yet
    return None, None


def sending(key: str, commenter: Commenter, essay: Essay, parent: int | None, text: str) -> str:
    """The mark of one sending: of these words, here, by this person. So nobody meets what another sent with a key."""
    if not key:
        return ""
    user = commenter.user_id
    person = (user,) if user else (commenter.name, commenter.email)  # a guest's cookie may come with the lost answer
    return hashlib.blake2b(repr((key, person, essay.pk, parent, text)).encode(), digest_size=16).hexdigest()


def sent_before(mark: str, commenter: Commenter) -> Comment | None:
    """What was made of it the first time; a website that only now comes with it is new all the same."""
    found: Comment | None = Comment.objects.sent(mark)
    if found and commenter.has_news:
        pagecache.bump("site")
    return found


def flood(commenter: Commenter, sender: Sender, seconds: int) -> float:
    """Take the turn of one person and of one address; how many seconds to wait, if it is not yet there."""
    person = f"commenter:{commenter.pk}" if commenter.pk else f"typed:{commenter.name}\n{commenter.email}"
    return ratelimit.take("comment", [who for who in (person, sender.address) if who], seconds)


def check(history: History, wait: float) -> None:
    """Raises Duplicate or Flooded where this is not the time to say it."""
    if history.twin:
        raise Duplicate(Comment.objects.get(pk=history.twin))
    if wait:
        raise Flooded(wait)
