"""Models of the discussion: comments, their texts, rules, likes, subscriptions, notices and moderators' decisions."""

from comments.models.block import Block
from comments.models.comment import Comment, CommentManager, CommentQuerySet, has_answer, is_editable, is_waiting
from comments.models.decision import Batch, Decision, DecisionQuerySet
from comments.models.like import Bar, Like
from comments.models.mute import Mute
from comments.models.notice import Notice
from comments.models.passage import AuthorAnswer, Passage
from comments.models.reason import Reason
from comments.models.reply_inbox import ReplyInbox
from comments.models.report import Appeal, Report
from comments.models.rule import Condition, Rule
from comments.models.rules import Discussion, Rules
from comments.models.spam import SpamModel
from comments.models.status import Status
from comments.models.subscription import Address, Subscription
from comments.models.tree_number import TreeNumber
from comments.models.wording import Wording

__all__ = (
    "Address", "Appeal", "AuthorAnswer", "Bar", "Batch", "Block", "Comment", "CommentManager", "CommentQuerySet",
    "Condition", "Decision", "DecisionQuerySet", "Discussion", "Like", "Mute", "Notice", "Passage", "Reason",
    "ReplyInbox", "Report", "Rule", "Rules", "SpamModel", "Status", "Subscription", "TreeNumber", "Wording",
    "has_answer", "is_editable", "is_waiting",
)  # fmt: skip
