"""Helpers for moderated comments: approving them, reading their reasons, and guests known by an approval."""

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Wording
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser

HELD = "Your comment is awaiting moderation."


def approve(comment: Comment) -> None:
    judge = User.objects.filter(username="judge").first() or make.moderator("judge")
    deciding.approve(comment, by=judge)


def reasons(comment: Comment) -> list[str]:
    return [reason["code"] for reason in Wording.objects.get(comment=comment).reasons]


def create_approved_guest(essay: Essay, browser: Browser, **details: str) -> Commenter:
    """Give this browser's guest an approved comment."""
    comment = browser.post_comment(essay, text="My first.", remember="on", **details)
    approve(comment)
    return comment.commenter
