"""Counts of requests in memory that the processes of `serve` share, so that any of them can report them all.

Each process adds to a slot of its own, and a scrape adds the slots up. A process owns the slot whose byte of the file
it has locked: the kernel unlocks it when the process ends, and the next one goes on counting there.
"""

import fcntl
import mmap
import tempfile
import threading
from bisect import bisect_left
from contextlib import suppress
from enum import IntEnum


class Role(IntEnum):
    WEB = 0
    WORKER = 1


# What answered a request: the page cache, Django, or Django with a static file or a picture.
KINDS = ("cached", "rendered", "file")
CACHED, RENDERED, FILE = range(3)
CLASSES = ("2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
SUM = len(BOUNDS) + 1  # after the last bucket: microseconds
SERIES = SUM + 1  # numbers for each kind and class of status
SLOT = 1 + len(KINDS) * len(CLASSES) * SERIES  # the first number says that the slot was used
# Where the numbers of a kind begin, by the first digit of the status.
STARTS = [[1 + (kind * 4 + max(digit, 2) - 2) * SERIES for digit in range(6)] for kind in range(len(KINDS))]
SLOTS = {Role.WEB: 300, Role.WORKER: 20}  # at most 128 web processes, and as many again while they are replaced


class Counters:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: memoryview | None = None  # of all processes
        self._own: memoryview | None = None
        self._own_byte = -1
        self._file = -1

    def share(self) -> None:
        """Create the memory; called in the parent of the processes that share it."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        size = SLOTS[Role.WEB] * SLOT * 8
        file.truncate(size)
        self._numbers = memoryview(mmap.mmap(file.fileno(), size)).cast("Q")
        self._keep, self._file = file, file.fileno()

    def join(self, role: Role) -> None:
        """Count this process, and in a web process its requests; without share() or a free slot, do nothing."""
        if self._numbers is None:
            return
        first = SLOTS[Role.WEB] if role is Role.WORKER else 0
        for byte in range(first, first + SLOTS[role]):
            if self._try_lock(byte):
                self._own_byte = byte
                if role is Role.WEB:
                    own = self._numbers[byte * SLOT : (byte + 1) * SLOT]
                    own[0] = 1
                    self._own = own
                return

    def count(self, kind: int, status: int, seconds: float) -> None:
        """Count a request."""
        if (own := self._own) is None:
            return
        start = STARTS[kind][status // 100]
        bucket = start + bisect_left(BOUNDS, seconds)
        microseconds = int(seconds * 1_000_000)
        with self._lock:  # it is also what every cached page takes: as little as possible inside
            own[bucket] += 1
            own[start + SUM] += microseconds

    def totals(self) -> dict[tuple[str, str], list[int]]:
        """Return the numbers of each kind and class of status: a count for each bucket, then microseconds."""
        total = [0] * SLOT
        if (numbers := self._numbers) is not None:
            for start in range(0, len(numbers), SLOT):
                if numbers[start]:
                    total = [mine + theirs for mine, theirs in zip(total, numbers[start : start + SLOT], strict=True)]
        names = [(kind, status) for kind in KINDS for status in CLASSES]
        return {name: total[1 + at * SERIES : 1 + (at + 1) * SERIES] for at, name in enumerate(names)}

    def processes(self, role: Role) -> int:
        """Return how many processes of this role run: those that hold the lock of a byte."""
        if self._numbers is None:
            return 0
        first = SLOTS[Role.WEB] if role is Role.WORKER else 0
        return sum(map(self._is_held, range(first, first + SLOTS[role])))

    def _is_held(self, byte: int) -> bool:
        if byte == self._own_byte:  # trying it would release it
            return True
        if not self._try_lock(byte):
            return True
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)
        return False

    def _try_lock(self, byte: int) -> bool:
        with suppress(OSError):
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            return True
        return False


counters = Counters()
