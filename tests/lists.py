"""Long lists of cases that are much alike: a fixed sample of them by default, every one under --all."""

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(number: int, cases: Iterable[Any], *, first: int = 0) -> list[Any]:
    """Every so manieth case; the others are `long`. Neighbours are of one kind, so some of each kind stay."""
    return [marked(case, pytest.mark.long) if (index - first) % number else case for index, case in enumerate(cases)]


def both_one_in(number: int, cases: Iterable[Any]) -> list[Any]:
    """Every so manieth case on both databases, the others on one."""
    return [marked(case, pytest.mark.once if index % number else pytest.mark.both) for index, case in enumerate(cases)]


def marked(case: Any, mark: pytest.MarkDecorator) -> Any:
    if hasattr(case, "marks"):  # a pytest.param
        return pytest.param(*case.values, id=case.id, marks=[*case.marks, mark])
    return pytest.param(*(case if type(case) is tuple else (case,)), marks=mark)
