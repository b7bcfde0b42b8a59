"""Spam filter that learns from labeled comments and moderators' decisions, without any external service."""

from comments.spam.evaluation import Figures
from comments.spam.features import Said
from comments.spam.judging import ENOUGH, Filter, Judgement, in_hundredths
from comments.spam.labeled import Unreadable, labelled
from comments.spam.lessons import Lesson, kept, lesson

__all__ = (
    "ENOUGH",
    "Figures",
    "Filter",
    "Judgement",
    "Lesson",
    "Said",
    "Unreadable",
    "in_hundredths",
    "kept",
    "labelled",
    "lesson",
)
