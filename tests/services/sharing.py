"""How the parts of a run share its tests: whoever has nothing left takes the next file of its list that nobody has."""

from collections.abc import Sequence
from itertools import takewhile

from xdist.workermanage import WorkerController as Part


class Sharing:
    """A scheduler of xdist's for parts that may run different tests. Those on one database run each of theirs once."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.tests: dict[Part, list[str]] = {}  # in the order in which each would run them
        self.pending: dict[Part, list[int]] = {}  # handed to it, by their place there
        self.taken: set[tuple[bool, str]] = set()  # the test, and whether it was for PostgreSQL

    @property
    def nodes(self) -> list[Part]:
        return list(self.pending)

    @property
    def collection_is_completed(self) -> bool:
        return len(self.tests) >= self.parts

    @property
    def tests_finished(self) -> bool:
        """Whether each part has at most the one test that it keeps until it hears that none follows."""
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
            self._give(part)

    def mark_test_complete(self, node: Part, item_index: int, duration: float = 0) -> None:
        self.pending[node].remove(item_index)
        self._give(node)

    def remove_node(self, node: Part) -> str | None:
        """Says in which test it died, if it did: what it had left of its file is for others, or for the one after it."""
        pending = self.pending.pop(node)
        tests = [self.tests[node][index] for index in pending]
        self.taken -= {(on_postgres(node), test) for test in tests[1:]}
        self.schedule()
        return tests[0] if tests else None

    def mark_test_pending(self, item: str) -> None:
        raise NotImplementedError

    def remove_pending_tests_from_node(self, node: Part, indices: Sequence[int]) -> None:
        raise NotImplementedError

    def _give(self, part: Part) -> None:
        """It runs a test once it knows the next one, so two must be there, or the word that there is none."""
        while len(self.pending[part]) < 2 and not part.shutting_down:
            some = self._next_file(part)
            if not some:
                part.shutdown()
                return
            self.taken |= {(on_postgres(part), self.tests[part][index]) for index in some}
            self.pending[part] += some
            part.send_runtest_some(some)

    def _next_file(self, part: Part) -> list[int]:
        tests = self.tests.get(part, [])
        left = [index for index, test in enumerate(tests) if (on_postgres(part), test) not in self.taken]
        return list(takewhile(lambda index: file(tests[index]) == file(tests[left[0]]), left))


def on_postgres(part: Part) -> bool:
    return bool(part.gateway.spec.env["REJOINDER_PART"] == "postgres")


def file(test: str) -> str:
    return test.partition("::")[0]
