"""Many people post in two threads at the same time: all is stored, no tree is corrupted, no one is rejected."""

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum

WRITERS = 8
REPLIES = 40 if RUNS_ALL else 8  # by each
READERS = 4 if RUNS_ALL else 2


def test_eight_people_post_in_two_threads_at_the_same_time(busy_forum: Forum) -> None:
    forum = busy_forum
    threads = forum.create_roots(2)

    def write(number: int) -> list[int]:
        client = forum.client(number + 1)
        for count in range(REPLIES):
            client.post(forum.essay, f"Reply {count} by {number}", parent=threads[count % 2], name=f"Writer{number}")
        return client.statuses

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = [status for responses in pool.map(write, range(WRITERS)) for status in responses]
    assert statuses == [302] * (WRITERS * REPLIES)
    assert sorted(forum.stored_texts()[2:]) == sorted(
        f"Reply {count} by {number}" for number in range(WRITERS) for count in range(REPLIES)
    )
    assert forum.has_sound_threads()


def test_a_reply_is_on_the_next_page_whoever_else_reads(busy_forum: Forum) -> None:
    forum = busy_forum
    (thread,) = forum.create_roots(1)
    rounds = 1_000 if RUNS_ALL else 30
    is_finished = False

    def read(number: int) -> int:
        client = forum.client(100 + number)
        count = 0
        while not is_finished:
            assert client.read(forum.essay).status == 200
            count += 1
        return count

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read, number) for number in range(READERS)]
        try:
            writer = forum.client(1)
            stale = []
            for count in range(rounds):
                text = f"Words number {count}."
                response = writer.post(forum.essay, text, parent=thread)
                assert response.is_accepted
                page_path = writer.read(response.headers["location"]).headers["location"]  # a long thread is collapsed
                if text not in writer.read(page_path).body:
                    stale.append(text)
        finally:
            is_finished = True
        assert all(reader.result() for reader in readers)
    assert not stale
