"""Spam filter that learns from labeled comments and moderators' decisions, without any external service."""

from comments.spam.evaluation import Figures
from comments.spam.features import Submission
from comments.spam.judging import MIN_EXAMPLES, Filter, Judgment, round_down
from comments.spam.labeled import Unreadable, read_labeled
from comments.spam.lessons import Example, make_example, select_examples

__all__ = (
    "MIN_EXAMPLES",
    "Example",
    "Figures",
    "Filter",
    "Judgment",
    "Submission",
    "Unreadable",
    "make_example",
    "read_labeled",
    "round_down",
    "select_examples",
)
