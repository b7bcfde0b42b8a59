"""Whether every thread and every stored count is as it should be, and how to put right what is not."""

from comments.checking.finding import Kind, Problem, problems
from comments.checking.mending import repair

__all__ = ["Kind", "Problem", "problems", "repair"]
