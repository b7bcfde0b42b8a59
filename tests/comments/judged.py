"""What became of a comment: approved by somebody who keeps order, held for reasons; and who is known by that."""

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Wording
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.door import Browser

HELD = "Your comment is awaiting moderation."


def approve(comment: Comment) -> None:
    judge = User.objects.filter(username="judge").first() or make.moderator("judge")
    deciding.approve(comment, by=judge)


def reasons(comment: Comment) -> list[str]:
    return [reason["code"] for reason in Wording.objects.get(comment=comment).reasons]


def known(essay: Essay, browser: Browser, **details: str) -> Commenter:
    """Makes this browser's guest somebody whose first comment was approved."""
    comment = browser.say(essay, text="My first.", remember="on", **details)
    approve(comment)
    return comment.commenter
