"""Spam filter that learns from labeled comments and moderators' decisions, without any external service."""

from comments.spam.evaluation import Figures
from comments.spam.examples import Example, make_example, select_examples
from comments.spam.features import Submission
from comments.spam.filter import MIN_EXAMPLES, Filter, Judgment, round_down
from comments.spam.labeled import Unreadable, read_labeled

__all__ = (
    "MIN_EXAMPLES", "Example", "Figures", "Filter", "Judgment", "Submission", "Unreadable", "make_example",
    "read_labeled", "round_down", "select_examples",
)  # fmt: skip
