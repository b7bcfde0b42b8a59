"""Many people post in two threads at the same time: all is stored, no tree is corrupted, no one is rejected."""

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum

WRITERS = 8
REPLIES = 40 if RUNS_ALL else 8  # by each
READERS = 4 if RUNS_ALL else 2


def test_eight_people_post_in_two_threads_at_the_same_time(busy_forum: Forum) -> None:
    place = busy_forum
    threads = place.roots(2)

    def write(number: int) -> list[int]:
        caller = place.caller(number + 1)
        for count in range(REPLIES):
            caller.post(place.essay, f"Reply {count} by {number}", parent=threads[count % 2], name=f"Writer{number}")
        return caller.statuses

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = [status for found in pool.map(write, range(WRITERS)) for status in found]
    assert statuses == [302] * (WRITERS * REPLIES)
    assert sorted(place.stored()[2:]) == sorted(
        f"Reply {count} by {number}" for number in range(WRITERS) for count in range(REPLIES)
    )
    assert place.has_sound_threads()


def test_a_reply_is_on_the_next_page_whoever_else_reads(busy_forum: Forum) -> None:
    place = busy_forum
    (thread,) = place.roots(1)
    rounds = 1_000 if RUNS_ALL else 30
    is_over = False

    def read(number: int) -> int:
        caller = place.caller(100 + number)
        count = 0
        while not is_over:
            assert caller.read(place.essay).status == 200
            count += 1
        return count

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read, number) for number in range(READERS)]
        try:
            writer = place.caller(1)
            stale = []
            for count in range(rounds):
                words = f"Words number {count}."
                answer = writer.post(place.essay, words, parent=thread)
                assert answer.is_taken
                where = writer.read(answer.headers["location"]).headers["location"]  # a long thread is collapsed
                if words not in writer.read(where).body:
                    stale.append(words)
        finally:
            is_over = True
        assert all(reader.result() for reader in readers)
    assert not stale
