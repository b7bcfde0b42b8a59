"""Post a comment: prepare it, then save it in one transaction."""

import hashlib
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction

import pagecache
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Decision, Discussion, Passage, Rules, Status, Wording
from comments.notifications import subscribing
from comments.notifications.subscribing import SubscriptionRequest
from comments.passages import placing
from comments.passages.jobs import move_passages
from comments.posting import akismet_check
from comments.screening import screening
from comments.screening.history import AuthorHistory, history_of_post
from comments.screening.screening import Draft, Sender
from comments.transitions import transition
from server.http import ratelimit
from server.prepared import PreparedInsert

LONG_TEXT = 4000  # characters
_insert_commenter = PreparedInsert(Commenter)


class Duplicate(Exception):
    """The same person has already posted this text here; the argument is that comment."""

    def __init__(self, comment: Comment) -> None:
        super().__init__(comment)
        self.comment = comment


@dataclass
class RateLimited(Exception):
    """Too many attempts; try again after `seconds`."""

    seconds: float


class CommenterChanged(Exception):
    """The commenter was merged with another or erased since the request began."""


class CommentGone(Exception):
    """The comment to reply to or to act on is no longer public."""


def post(
    *,
    essay: Essay,
    commenter: Commenter,
    sender: Sender,
    text: str,
    parent: int | None = None,
    rules: Rules | None = None,
    is_trusted: bool = False,
    key: str = "",
    subscription_request: SubscriptionRequest | None = None,
    passage: Passage | None = None,
) -> Comment:
    """Create a comment on an essay or a reply to `parent`, set its status and enqueue notifications.

    `passage`: the unsaved passage that it is on.

    A submission repeated with the same key, as after a lost response, returns the comment created the first time.
    Raises CommentGone, CommenterChanged, Duplicate, RateLimited or screening.Rejected; then nothing is saved.
    """
    rules = rules or Rules.objects.current()
    digest = submission_key(key, commenter, essay, parent, text)
    wording = Wording(text=text, network=sender.network, submission_key=digest)
    draft = Draft(commenter, sender, wording, rules, essay)
    if is_trusted or not must_wait(text, sender, rules):
        draft.prepare()
    return _post(draft, parent, is_trusted=is_trusted, subscription_request=subscription_request, passage=passage)


def must_wait(text: str, sender: Sender, rules: Rules) -> bool:
    """Return whether a long text, which takes up to 0.2 s to clean, comes from where one was just posted."""
    seconds = rules.flood_seconds
    return len(text) > LONG_TEXT and seconds > 0 and ratelimit.is_exhausted("comment", sender.address, seconds)


@transaction.atomic
def _post(
    draft: Draft,
    parent: int | None,
    *,
    is_trusted: bool,
    subscription_request: SubscriptionRequest | None,
    passage: Passage | None,
) -> Comment:
    """Post a draft, as post() does. Its transaction has SQLite's only write lock, so it does nothing else."""
    commenter, essay, wording, rules, sender = draft.commenter, draft.essay, draft.wording, draft.rules, draft.sender
    wait = 0.0 if is_trusted else acquire_turn(commenter, sender, rules.flood_seconds)
    # authors and moderators are never merged into others
    root, replied_to = lock_commenter_and_thread(commenter if commenter.pk and not is_trusted else None, essay, parent)
    digest = wording.submission_key
    if parent is not None and (replied_to is None or not replied_to.is_approved):
        if existing := find_submitted(digest, commenter):
            return existing
        raise CommentGone
    draft.history = history_of_post(
        commenter,
        essay=essay,
        parent=parent,
        text=wording.text,
        submission_key=digest,
        address=sender.address,
        has_rules=bool(rules.rule_stamp),
    )
    if draft.history.submitted and (existing := find_submitted(digest, commenter)):
        return existing
    ensure_postable(draft.history, wait, passage)
    draft.prepare()  # if it was not before
    if commenter._state.adding:
        _insert_commenter.run(commenter)  # a new guest's first comment
    verdict = screening.screen(draft, is_trusted=is_trusted)
    wording.reasons = verdict.reasons
    comment = Comment.objects.insert_comment(
        essay=essay, commenter=commenter, parent=replied_to, wording=wording, spam_score=draft.stored_score
    )
    if passage:
        placing.insert(passage, comment)
        if passage.is_outdated:
            move_passages.enqueue(essay.pk)
    decision = Decision(verb=Decision.Verb.RULE, rule_id=verdict.rule) if verdict.rule else None
    transition(
        comment,
        verdict.status,
        root=root or comment,
        decision=decision,
        notify=subscription_request is None,
        also_invalidate=["site"] if commenter.has_unsaved_changes else [],
    )
    if subscription_request:
        subscribing.subscribe_and_notify.enqueue(comment.pk, **asdict(subscription_request))
    is_vouched_for = is_trusted or (comment.is_approved and verdict.rule is not None)
    if settings.AKISMET_KEY and not is_vouched_for:
        akismet_check.enqueue(comment)
    return comment


def lock_commenter_and_thread(
    commenter: Commenter | None, essay: Essay, parent: int | None
) -> tuple[Comment | None, Comment | None]:
    """Lock the commenter, then the thread; return its root and the comment replied to. Raises CommenterChanged.

    In this order, as merge_commenters() does, so that two transactions cannot deadlock.
    """
    if commenter and parent is not None and not commenter.has_unsaved_changes:
        found = Comment.objects.lock_thread(parent, essay, commenter=commenter)  # both in one query
        if found[1] is not None:
            return found
    if commenter and not Commenter.objects.lock_for_update(commenter):
        raise CommenterChanged
    if parent is not None:
        return Comment.objects.lock_thread(parent, essay)  # mptt renumbers neighbors: one writer per thread
    Discussion.objects.lock(essay)  # no thread to lock yet
    return None, None


def submission_key(key: str, commenter: Commenter, essay: Essay, parent: int | None, text: str) -> str:
    """Hash the submission's key with its content and commenter, so that a key finds only the same person's comment."""
    if not key:
        return ""
    user = commenter.user_id
    person = (user,) if user else (commenter.name, commenter.email)  # a guest's cookie may be in the lost response
    return hashlib.blake2b(repr((key, person, essay.pk, parent, text)).encode(), digest_size=16).hexdigest()


def find_submitted(digest: str, commenter: Commenter) -> Comment | None:
    """Return the comment that this submission created before. A website submitted only now still updates the pages."""
    found: Comment | None = Comment.objects.with_submission_key(digest)
    if found and commenter.has_unsaved_changes:
        pagecache.invalidate("site")
    return found


def acquire_turn(commenter: Commenter, sender: Sender, seconds: int) -> float:
    """Limit posts by person and by IP address; return the seconds to wait."""
    person = f"commenter:{commenter.pk}" if commenter.pk else f"typed:{commenter.name}\n{commenter.email}"
    return ratelimit.acquire("comment", [who for who in (person, sender.address) if who], seconds)


def find_duplicate(newest: int, passage: Passage | None) -> Comment | None:
    """Return the comment with the same text if it is on the same passage; `newest`: of those on any, or on none."""
    same: Comment | None = Comment.objects.select_related("wording").filter(pk=newest).first()
    if same is None:  # deleted since then
        return None
    text = same.wording.text if same.wording else ""
    rows = Comment.objects.filter(
        essay=same.essay_id, parent=same.parent_id, commenter=same.commenter_id, wording__text=text
    ).exclude(status=Status.TRASH)
    rows = rows.filter(passage=None) if passage is None else rows.filter(passage__quotation=passage.quotation)
    found: Comment | None = rows.order_by("-pk").first()
    return found


def ensure_postable(history: AuthorHistory, wait: float, passage: Passage | None = None) -> None:
    """Check that the comment may be posted now. Raises Duplicate or RateLimited."""
    if history.duplicate and (found := find_duplicate(history.duplicate, passage)):
        raise Duplicate(found)
    if wait:
        raise RateLimited(wait)
