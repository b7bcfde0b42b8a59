"""Send as many requests for one address as a server can answer, over sixteen busy connections."""

import re
import select
import socket
import time
from typing import NoReturn
from urllib.parse import urlsplit

CONNECTIONS = 16
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def drive(url: str, seconds: float, **headers: str) -> tuple[float, int]:
    """Return requests per second and their number; every response must have the length and status of the first."""
    parts = urlsplit(url)
    sent = {"Host": parts.netloc, "Accept-Encoding": "gzip", "User-Agent": AGENT, **headers}
    lines = [f"GET {parts.path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in sent.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    callers = [socket.create_connection((parts.hostname or "", parts.port or 80)) for _ in range(CONNECTIONS)]
    try:
        return _drive(callers, request, *_measure(callers[0], request), seconds)
    finally:
        for caller in callers:
            caller.close()


def _measure(caller: socket.socket, request: bytes) -> tuple[bytes, int]:
    """Return the status line and the length of the response."""
    caller.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += caller.recv(1 << 20) or _closed()
    status, head = answer[:12], answer.index(b"\r\n\r\n") + 4
    length = re.search(rb"(?i)content-length: (\d+)", answer[:head])
    whole = head + (int(length[1]) if length and status.endswith(b"200") else 0)
    while len(answer) < whole:
        answer += caller.recv(1 << 20) or _closed()
    if not status.endswith((b"200", b"304")):
        raise RuntimeError(answer[:head].decode())
    return status, whole


def _drive(
    callers: list[socket.socket], request: bytes, status: bytes, length: int, seconds: float
) -> tuple[float, int]:
    poll = select.epoll()
    buffer = memoryview(bytearray(length))
    by_number = {caller.fileno(): caller for caller in callers}
    left = dict.fromkeys(by_number, length)
    for number, caller in by_number.items():
        poll.register(number, select.EPOLLIN)
        caller.sendall(request)
    count, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for number, _ in poll.poll():
            caller = by_number[number]
            is_first = left[number] == length
            left[number] -= caller.recv_into(buffer, left[number]) or _closed()
            if is_first and buffer[:12] != status:
                raise RuntimeError(bytes(buffer[:100]).decode())
            if not left[number]:
                left[number] = length
                count += 1
                caller.sendall(request)
    poll.close()
    return count / passed, count


def _closed() -> NoReturn:
    raise ConnectionError("The server went away.")
