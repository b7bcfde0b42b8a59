"""The state when each of the last comments was posted: exempt people, comment counts and earlier texts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Count

from accounts.models import User
from blog.models import Authorship
from comments.models import Block, Comment, Wording
from comments.models.block import parse_network
from comments.models.permissions import moderators
from comments.models.wording import BEGINNING, Beginning
from comments.screening.conditions import is_within

CHUNK_SIZE = 250
BLOCKED = "kept out"


def exempt_comments(comments: Sequence[Comment]) -> dict[int, str]:
    """Return the keys of the comments that skip the rules, with why: authors, moderators, people with an exception."""
    users = {user for comment in comments if (user := comment.commenter.user_id)}
    authorships = set(Authorship.objects.filter(author__in=users).values_list("essay", "author"))
    moderator_keys = set(User.objects.filter(moderators(), pk__in=users).values_list("pk", flat=True))
    blocks: list[Block] = list(Block.objects.active())
    verified: dict[int, set[str]] = defaultdict(set)
    if any(block.email for block in blocks):
        for user, email in EmailAddress.objects.filter(user__in=users, verified=True).values_list("user", "email"):
            verified[user].add(email.lower())
    found: dict[int, str] = {}
    for comment in comments:
        user = comment.commenter.user_id
        if user in moderator_keys or (comment.essay_id, user) in authorships:
            found[comment.pk] = "writes"
        elif block := closest_block(blocks, comment, verified[user] if user else set()):
            found[comment.pk] = BLOCKED if block.kind == Block.Kind.BLOCK else block.kind
    return found


def closest_block(blocks: Sequence[Block], comment: Comment, emails: set[str]) -> Block | None:
    """Return the block that applies, as `Block.objects.matching()` does, but by the stored network."""
    network = parse_network(comment.wording.network) if comment.wording else None
    strict = [Block.Kind.BLOCK, Block.Kind.HOLD, Block.Kind.TRUST]

    def rank(block: Block) -> tuple[int, int, int] | None:
        if block.commenter_id:
            near = 0 if block.commenter_id == comment.commenter_id else None
        elif block.email:
            near = 1 if block.email.lower() in emails else None
        else:
            blocked = parse_network(block.network)
            near = 2 if blocked and is_within(network, blocked) else None
        return None if near is None else (near, strict.index(Block.Kind(block.kind)), -block.pk)

    ranked = [(found, block) for block in blocks if (found := rank(block))]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def counts_before(comments: Sequence[Comment]) -> dict[int, int]:
    """Count, by commenter, the comments that these people had posted before the first of these comments."""
    if not comments:
        return {}
    earlier = Comment.objects.filter(commenter__in={each.commenter_id for each in comments}, pk__lt=comments[0].pk)
    return dict(earlier.order_by().values_list("commenter").annotate(count=Count("pk")))


def erased_comments(comments: Sequence[Comment]) -> list[tuple[int, int]]:
    """Return the keys and commenters of comments since the first of these whose text was deleted; they still count."""
    if not comments:
        return []
    rows = Comment.objects.filter(pk__gt=comments[0].pk, wording=None).order_by("pk")
    return list(rows.values_list("pk", "commenter"))


def times_posted(comments: Sequence[Comment]) -> dict[str, list[tuple[datetime, int]]]:
    """Return, for each text posted more than once, the time and key of each comment with it, sorted."""
    texts = sorted({comment.wording.text for comment in comments if comment.wording})
    found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for at in range(0, len(texts), CHUNK_SIZE):
        chunk = texts[at : at + CHUNK_SIZE]
        rows = Wording.objects.alias(begins=Beginning("text")).filter(
            begins__in={text[:BEGINNING] for text in chunk}, text__in=chunk
        )
        for text, created, comment in rows.values_list("text", "created", "comment"):
            found[text].append((created, comment))
    return {text: sorted(moments) for text, moments in found.items() if len(moments) > 1}
