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
    all_headers = {"Host": parts.netloc, "Accept-Encoding": "gzip", "User-Agent": AGENT, **headers}
    lines = [
        f"GET {parts.path} HTTP/1.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in all_headers.items()),
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    sockets = [socket.create_connection((parts.hostname or "", parts.port or 80)) for _ in range(CONNECTIONS)]
    try:
        return _drive(sockets, request, *_measure(sockets[0], request), seconds)
    finally:
        for socket_ in sockets:
            socket_.close()


def _measure(socket_: socket.socket, request: bytes) -> tuple[bytes, int]:
    """Return the status line and the length of the response."""
    socket_.sendall(request)
    response = b""
    while b"\r\n\r\n" not in response:
        response += socket_.recv(1 << 20) or _closed()
    status, header_length = response[:12], response.index(b"\r\n\r\n") + 4
    length = re.search(rb"(?i)content-length: (\d+)", response[:header_length])
    total = header_length + (int(length[1]) if length and status.endswith(b"200") else 0)
    while len(response) < total:
        response += socket_.recv(1 << 20) or _closed()
    if not status.endswith((b"200", b"304")):
        raise RuntimeError(response[:header_length].decode())
    return status, total


def _drive(
    sockets: list[socket.socket], request: bytes, status: bytes, length: int, seconds: float
) -> tuple[float, int]:
    poll = select.epoll()
    buffer = memoryview(bytearray(length))
    by_number = {socket_.fileno(): socket_ for socket_ in sockets}
    remaining = dict.fromkeys(by_number, length)
    for number, socket_ in by_number.items():
        poll.register(number, select.EPOLLIN)
        socket_.sendall(request)
    count, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for number, _ in poll.poll():
            socket_ = by_number[number]
            is_first = remaining[number] == length
            remaining[number] -= socket_.recv_into(buffer, remaining[number]) or _closed()
            if is_first and buffer[:12] != status:
                raise RuntimeError(bytes(buffer[:100]).decode())
            if not remaining[number]:
                remaining[number] = length
                count += 1
                socket_.sendall(request)
    poll.close()
    return count / passed, count


def _closed() -> NoReturn:
    raise ConnectionError("The server went away.")
