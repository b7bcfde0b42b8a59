"""Spans of time, by which PostgreSQL finds the newest of many comments without reading the others.

Its index has four spans of each text beside its tokens: those of 1.5 days, 12 days, 97 days and 2 years that it is in.
"""

BITS = (45, 48, 51, 54)  # of a key, after those that a span shares: each span has eight of the one before
LENGTHS = [1 << bits - BITS[0] for bits in BITS]  # in the shortest spans
LEVEL = 40  # bits of a span's number, after those of its length
EXPRESSION = f"ARRAY[{', '.join(f'id >> {bits} | {level << LEVEL}' for level, bits in enumerate(BITS))}]"
"""The spans of a row in SQL, exactly as in the index."""


def spans_of(first: int, last: int) -> list[int]:
    """Return the fewest spans that have all keys from first to last; they may have a few more at both ends."""
    found = []
    at, end = first >> BITS[0], (last >> BITS[0]) + 1
    while at < end:
        level = max(level for level, length in enumerate(LENGTHS) if at % length == 0 and at + length <= end)
        found.append(at // LENGTHS[level] | level << LEVEL)
        at += LENGTHS[level]
    return found
