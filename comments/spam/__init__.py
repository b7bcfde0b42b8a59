"""The filter: learns from labelled comments and from what moderators decide, here, without asking anybody elsewhere."""

from comments.spam.features import Said
from comments.spam.judging import ENOUGH, Filter, Judgement, in_hundredths
from comments.spam.labelled import Unreadable, labelled
from comments.spam.lessons import Lesson, kept, lesson
from comments.spam.trial import Figures

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
