"""A TCP proxy in front of a service that takes it away: gone (refused), or hung (accepted and never answered)."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from tests.services.processes import free_port, wait_running

T = TypeVar("T")


class Proxy:
    """Passes connections to a port on loopback from its own, `port`."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, free_port()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="proxy", daemon=True)
        self.thread.start()
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.is_passing = asyncio.Event()
        self.server: asyncio.Server | None = None
        self.restore()

    def vanish(self) -> None:
        """Refuse connections, and reset those that are open, as when a server is stopped or its machine restarts."""
        self.run(self._vanish())

    def hang(self) -> None:
        """Accept connections and answer nothing, also on those that are open."""
        self.run(self._hang())

    def restore(self, *, resumes: bool = True) -> None:
        """Pass everything on again; those that hung go on too if it `resumes`, and are reset otherwise."""
        self.run(self._restore(resumes))

    def stop(self) -> None:
        self.run(self._vanish())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        done = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        wait_running(done.done, "the proxy", 10)
        return done.result()

    async def _vanish(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None
        await self._reset()

    async def _hang(self) -> None:
        self.is_passing.clear()

    async def _restore(self, resumes: bool) -> None:
        if not resumes:
            await self._reset()
        self.is_passing.set()
        if self.server is None:
            self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=200)

    async def _reset(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        tasks = [task for task in self.tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        self.writers.add(writer)
        try:
            await self.is_passing.wait()
            their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self.writers.add(their_writer)
            try:
                await asyncio.gather(self._pass(reader, their_writer), self._pass(their_reader, writer))
            finally:
                their_writer.transport.abort()
                self.writers.discard(their_writer)
        except (OSError, asyncio.CancelledError):
            pass  # refused, or taken away
        finally:
            writer.transport.abort()
            self.writers.discard(writer)
            self.tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self.is_passing.wait()
            writer.write(data)
            await writer.drain()
        await self.is_passing.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()


@contextlib.contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    made = Proxy(target)
    try:
        yield made
    finally:
        made.stop()
