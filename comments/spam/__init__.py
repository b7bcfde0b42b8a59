"""The filter: learns from labelled comments and from what moderators decide, here, without asking anybody elsewhere."""

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
