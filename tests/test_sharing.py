"""bin/test shares its tests among its parts: each runs once on each of its databases, even if parts are fast or die."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from tests.services.sharing import Sharing, file

SHARED = [f"tests/test_{letter}.py::test_{number}" for letter in "abcde" for number in range(6)]
DRIVEN = [f"tests/test_{letter}.py::test_driven_{number}" for letter in "ex" for number in range(3)]
LISTS = {
    "browser": DRIVEN + SHARED,
    "sqlite-1": SHARED + DRIVEN,
    "sqlite-2": SHARED + DRIVEN,
    "postgres": SHARED[:-8],
}


@dataclass(eq=False)
class Part:
    """A test process as xdist sees it."""

    id: str
    received: list[int] = field(default_factory=list)
    shutting_down: bool = False

    @property
    def gateway(self) -> Any:
        return SimpleNamespace(spec=SimpleNamespace(env={"REJOINDER_PART": self.id.partition("-")[0]}))

    def send_runtest_some(self, indices: list[int]) -> None:
        self.received += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def can_run(self) -> bool:
        return len(self.received) > int(not self.shutting_down)


def start(sharing: Any) -> list[Part]:
    parts = [Part(name) for name in LISTS]
    for part in parts:
        sharing.add_node(part)
    for part in parts:
        assert not sharing.collection_is_completed
        sharing.add_node_collection(part, LISTS[part.id])
    sharing.schedule()
    return parts


def run(sharing: Any, parts: list[Part], random: Random, dies_after: int = 0) -> tuple[Counter[tuple[bool, str]], str]:
    """Run all tests; return which ran, and the test that ended each part that died."""
    ran: Counter[tuple[bool, str]] = Counter()
    killer = ""
    while ready := [part for part in parts if part.can_run]:
        assert not sharing.tests_finished or all(len(part.received) == 1 for part in ready)
        part = random.choice(ready)
        if dies_after and ran.total() == dies_after:
            parts.remove(part)
            killer = sharing.remove_node(part)
            parts.append(Part(part.id))
            sharing.add_node(parts[-1])
            sharing.add_node_collection(parts[-1], LISTS[part.id])
            sharing.schedule()
            dies_after = 0
            ran[part.id == "postgres", killer] += 1
            continue
        index = part.received.pop(0)
        ran[part.id == "postgres", LISTS[part.id][index]] += 1
        sharing.mark_test_complete(part, index)
    assert sharing.tests_finished
    assert not sharing.has_pending
    assert all(part.shutting_down for part in parts)
    return ran, killer


WHOLE = Counter([(False, test) for test in SHARED + DRIVEN] + [(True, test) for test in LISTS["postgres"]])


@pytest.mark.parametrize("seed", range(5))
def test_each_test_runs_once_on_its_databases(seed: int) -> None:
    sharing = Sharing(len(LISTS))
    assert run(sharing, start(sharing), Random(seed))[0] == WHOLE


@pytest.mark.parametrize("dies_after", [1, 10, 30])
def test_the_remaining_tests_of_a_dead_part_run_in_others(dies_after: int) -> None:
    sharing = Sharing(len(LISTS))
    ran, killer = run(sharing, start(sharing), Random(dies_after), dies_after)
    assert killer
    assert ran == WHOLE


def test_a_file_stays_in_one_part_and_chromium_in_its_own_while_others_work() -> None:
    parts = start(Sharing(len(LISTS)))
    received = {part.id: [LISTS[part.id][index] for index in part.received] for part in parts}
    assert received["browser"] == DRIVEN[:3]
    assert {name: {*map(file, tests)} for name, tests in received.items()} == {
        "browser": {"tests/test_e.py"},
        "sqlite-1": {"tests/test_a.py"},
        "sqlite-2": {"tests/test_b.py"},
        "postgres": {"tests/test_a.py"},
    }
