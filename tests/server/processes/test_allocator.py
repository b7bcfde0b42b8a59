"""Memory that a process does not use is returned to the system."""

import ctypes
from pathlib import Path

import pytest

from server.processes import allocator

MEGABYTE = 1024 * 1024


def resident() -> int:
    """Return the megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // MEGABYTE


@pytest.mark.once
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library has its own ways")
def test_gaps_between_memory_in_use_are_returned() -> None:
    pieces: list[bytes | None] = [b"x" * (64 * 1024 + number) for number in range(1000)]
    for number in range(len(pieces) - 1):
        if number % 2:
            pieces[number] = None
    before = resident()
    allocator.trim()
    assert resident() < before - 20
