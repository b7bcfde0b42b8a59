"""How the parts of a run share its tests: an idle part takes the next file of its list that no other has taken."""

from collections.abc import Sequence
from itertools import takewhile

from xdist.workermanage import WorkerController as Part


class Sharing:
    """An xdist scheduler for parts that may run different tests. Those on one database run each of theirs once."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.tests: dict[Part, list[str]] = {}  # in the order in which each would run them
        self.pending: dict[Part, list[int]] = {}  # indices of the tests sent to each
        self.assigned: set[tuple[bool, str]] = set()  # whether for PostgreSQL, and the test

    @property
    def nodes(self) -> list[Part]:
        return list(self.pending)

    @property
    def collection_is_completed(self) -> bool:
        return len(self.tests) >= self.parts

    @property
    def tests_finished(self) -> bool:
        """Return whether each part has at most the one test that it keeps until it knows whether another follows."""
        if not self.collection_is_completed or any(len(pending) > 1 for pending in self.pending.values()):
            return False
        return not any(map(self._next_file, self.pending))

    @property
    def has_pending(self) -> bool:
        return any(self.pending.values())

    def add_node(self, node: Part) -> None:
        self.pending[node] = []

    def add_node_collection(self, node: Part, collection: Sequence[str]) -> None:
        self.tests[node] = list(collection)

    def schedule(self) -> None:
        for part in self.nodes:
            self._send(part)

    def mark_test_complete(self, node: Part, item_index: int, duration: float = 0) -> None:
        self.pending[node].remove(item_index)
        self._send(node)

    def remove_node(self, node: Part) -> str | None:
        """Return the test during which a part died, if any, and leave the rest of its file to the others."""
        pending = self.pending.pop(node)
        tests = [self.tests[node][index] for index in pending]
        self.assigned -= {(on_postgres(node), test) for test in tests[1:]}
        self.schedule()
        return tests[0] if tests else None

    def mark_test_pending(self, item: str) -> None:
        raise NotImplementedError

    def remove_pending_tests_from_node(self, node: Part, indices: Sequence[int]) -> None:
        raise NotImplementedError

    def _send(self, part: Part) -> None:
        """Send a part two tests or the end of its list, because it runs a test once it knows the next one."""
        while len(self.pending[part]) < 2 and not part.shutting_down:
            indices = self._next_file(part)
            if not indices:
                part.shutdown()
                return
            self.assigned |= {(on_postgres(part), self.tests[part][index]) for index in indices}
            self.pending[part] += indices
            part.send_runtest_some(indices)

    def _next_file(self, part: Part) -> list[int]:
        tests = self.tests.get(part, [])
        remaining = [index for index, test in enumerate(tests) if (on_postgres(part), test) not in self.assigned]
        return list(takewhile(lambda index: file(tests[index]) == file(tests[remaining[0]]), remaining))


def on_postgres(part: Part) -> bool:
    return bool(part.gateway.spec.env["REJOINDER_PART"] == "postgres")


def file(test: str) -> str:
    return test.partition("::")[0]
