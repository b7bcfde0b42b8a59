"""Checks and repairs threads and stored counts."""

from comments.checking.finding import Kind, Problem, problems
from comments.checking.mending import repair

__all__ = ["Kind", "Problem", "problems", "repair"]
