"""Checks and repairs threads and stored counts."""

from comments.checking.problems import Kind, Problem, problems
from comments.checking.repairing import repair

__all__ = ["Kind", "Problem", "problems", "repair"]
