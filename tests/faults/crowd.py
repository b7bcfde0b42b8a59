"""People who use a site all the time, in threads, and what each of their requests got."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.http_client import HTTPClient, Response
from tests.services.processes import wait_running

PAUSE = 0.15  # seconds between two requests of one person
HEADING = re.compile("<h1>(.*?)</h1>")
LONGER_PAUSES = {
    "log in": 1.0,  # a password costs half a second of CPU
    "like": 1.2,  # one person may change 60 likes a minute
}


class Answer(NamedTuple):
    what: str
    began: float
    seconds: float
    status: int
    phase: str
    heading: str  # of an error page

    @property
    def is_good(self) -> bool:
        return self.status in {200, 302, 303}


@dataclass
class Crowd:
    """Each activity is done again and again by one person; all answers are recorded."""

    activities: dict[str, Callable[[int], Response]]
    pause: float
    answers: list[Answer] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    phase: str = ""  # what happens to the site meanwhile
    over: threading.Event = field(default_factory=threading.Event)

    def repeat(self, what: str) -> None:
        number = 0
        while not self.over.wait(LONGER_PAUSES.get(what, self.pause)):
            began, phase = time.monotonic(), self.phase
            try:
                response = self.activities[what](number)
            except Exception as error:
                self.errors.append(f"{what}: {error!r}")
                continue
            number += 1
            found = HEADING.search(response.body) if response.status >= 400 else None
            answer = Answer(what, began, time.monotonic() - began, response.status, phase, found[1] if found else "")
            self.answers.append(answer)

    def wait_until_served(self, since: float, seconds: float) -> None:
        """Wait until every activity begun after that time has succeeded."""
        wait_running(
            lambda: {each.what for each in self.answers if each.began > since and each.is_good} == {*self.activities},
            f"all of {', '.join(self.activities)}; the last answers: {self.answers[-12:]}",
            seconds,
        )

    def failed(self, *kinds: str, since: float = 0.0) -> list[Answer]:
        """Return the answers that were no success, of these activities or of all."""
        return [
            each
            for each in self.answers
            if not each.is_good and each.began > since and (not kinds or each.what in kinds)
        ]


def summary(answers: Iterable[Answer]) -> str:
    """Return how many of these answers there are in each phase, by activity and status, and how long they took."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for each in answers:
        groups.setdefault((each.phase, each.what, str(each.status), each.heading), []).append(each.seconds)
    return "\n".join(f"{len(times)} × {', '.join(key)} after {max(times):.1f} s" for key, times in groups.items())


@contextmanager
def crowd(activities: dict[str, Callable[[int], Response]], pause: float = PAUSE) -> Iterator[Crowd]:
    people = Crowd(activities, pause)
    threads = [threading.Thread(target=people.repeat, args=(what,), name=what) for what in activities]
    for thread in threads:
        thread.start()
    try:
        yield people
    finally:
        people.over.set()
        for thread in threads:
            thread.join()


@dataclass
class Commenter:
    """Posts one text after the other, and repeats one that was not accepted, as a browser or a person does."""

    client: HTTPClient
    essay: str
    name: str
    count: int = 0

    def post(self, _number: int) -> Response:
        text = f"{self.name} says {self.count}."
        response = self.client.post(self.essay, text, name=self.name, key=f"{self.count:032x}")
        self.count += response.is_accepted
        return response


@dataclass
class Liker:
    """Likes an essay and takes it back, in turn; remembers what was confirmed last."""

    client: HTTPClient
    essay: str
    is_liked: bool = False
    is_certain: bool = True

    def like(self, _number: int) -> Response:
        wanted = not self.is_liked
        self.is_certain = False
        response = self.client.send(f"{self.essay}like/", like=str(int(wanted)))
        if response.status == 303:
            self.is_liked, self.is_certain = wanted, True
        return response
