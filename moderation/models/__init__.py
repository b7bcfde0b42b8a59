"""Who decided what about whom, what was reported and appealed, and what moderators note of people."""

from moderation.models.decision import Batch, Decision, DecisionQuerySet, standing
from moderation.models.note import Note
from moderation.models.reason import Reason
from moderation.models.report import Appeal, Report

__all__ = ("Appeal", "Batch", "Decision", "DecisionQuerySet", "Note", "Reason", "Report", "standing")
