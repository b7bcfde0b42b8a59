"""One submission that arrives many times at once, as when a browser retries, creates one comment."""

import re
from concurrent.futures import ThreadPoolExecutor

from tests.faults.conftest import Forum

AT_ONCE = 8
ROUNDS = 5


def test_a_repeated_submission_creates_one_comment(busy_forum: Forum) -> None:
    forum = busy_forum
    (root,) = forum.create_roots(1)

    def send(number: int) -> str:
        key, parent = f"{number:032x}", root if number % 2 else ""
        response = forum.client(1).post(forum.essay, f"Said once {number}.", parent=parent, key=key)
        match = re.match(r"/comments/(\d+)/", response.headers.get("location", ""))
        assert match, (response.status, response.body[:500])
        return match[1]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            assert len(set(pool.map(send, [number] * AT_ONCE))) == 1
    assert sorted(forum.stored_texts()[1:]) == [f"Said once {number}." for number in range(ROUNDS)]
    assert forum.has_sound_threads()
