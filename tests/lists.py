"""Long lists of similar cases: a fixed sample by default, all cases with --all."""

from collections.abc import Iterable
from typing import Any

import pytest

# Whether a page runs scripts. Without them a reader's whole path is in test_by_keys.py, and every answer of the server
# is in tests without a browser.
SCRIPT_OR_NOT = [pytest.param(True, id="script"), pytest.param(False, id="no-script", marks=pytest.mark.long)]


def one_in(number: int, cases: Iterable[Any], *, first: int = 0) -> list[Any]:
    """Keep every n-th case and mark the others `long`. Neighbors are similar, so some of each kind remain."""
    return [marked(case, pytest.mark.long) if (index - first) % number else case for index, case in enumerate(cases)]


def one_in_on_both_databases(number: int, cases: Iterable[Any]) -> list[Any]:
    """Run every n-th case on both databases, the others on one."""
    return [marked(case, pytest.mark.once if index % number else pytest.mark.both) for index, case in enumerate(cases)]


def marked(case: Any, mark: pytest.MarkDecorator) -> Any:
    if hasattr(case, "marks"):  # a pytest.param
        return pytest.param(*case.values, id=case.id, marks=[*case.marks, mark])
    return pytest.param(*(case if type(case) is tuple else (case,)), marks=mark)
