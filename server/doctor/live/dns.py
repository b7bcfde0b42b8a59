"""TXT records, asked from the nameservers of this machine with strict limits; the standard library cannot do it."""

import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

RESOLV_CONF = Path("/etc/resolv.conf")
PORT = 53
MAX_SERVERS = 3
ATTEMPT = 1.5  # seconds for each server
TXT, INTERNET = 16, 1
NO_SUCH_NAME = 3
TRUNCATED, RESPONSE = 0x0200, 0x8000
MAX_RECORDS = 100


class Unavailable(Exception):
    """No nameserver gave a usable answer."""


class NoSuchName(Exception):
    """Neither this name nor one below it exists."""


def txt_records(name: str, deadline: float) -> list[str]:
    """Return a name's TXT records. Raises NoSuchName, or Unavailable, at the latest at the deadline (monotonic)."""
    query = build_query(name)
    for server in nameservers():
        try:
            return parse_answer(ask(server, query, deadline), query)
        except (OSError, ValueError, IndexError, struct.error):
            continue  # the next server may do better
    raise Unavailable


def nameservers() -> list[str]:
    """Return the addresses of this machine's nameservers."""
    try:
        lines = RESOLV_CONF.read_text().splitlines()
    except OSError:
        return []
    words = (line.split() for line in lines)
    return [each[1] for each in words if len(each) > 1 and each[0] == "nameserver"][:MAX_SERVERS]


def build_query(name: str) -> bytes:
    """Return a query with an unpredictable id that asks for recursion. Raises Unavailable for an impossible name."""
    try:
        labels = [
            label.encode("idna") if not label.isascii() else label.encode() for label in name.strip(".").split(".")
        ]
    except UnicodeError as error:
        raise Unavailable from error
    if not all(0 < len(label) < 64 for label in labels) or sum(map(len, labels)) + len(labels) > 254:
        raise Unavailable
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + struct.pack("!HH", TXT, INTERNET)
    return struct.pack("!HHHHHH", secrets.randbits(16), 0x0100, 1, 0, 0, 0) + question


def ask(server: str, query: bytes, deadline: float) -> bytes:
    """Return the server's answer, by TCP if it does not fit into a UDP packet. Raises OSError."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(remaining(deadline))
        udp.connect((server, PORT))  # then the kernel accepts answers from there only
        udp.send(query)
        answer = udp.recv(4096)
    if answer[:2] != query[:2] or not struct.unpack_from("!H", answer, 2)[0] & TRUNCATED:
        return answer
    with socket.create_connection((server, PORT), timeout=remaining(deadline)) as tcp:
        tcp.sendall(struct.pack("!H", len(query)) + query)
        (length,) = struct.unpack("!H", receive(tcp, 2, deadline))
        return receive(tcp, length, deadline)


def receive(tcp: socket.socket, length: int, deadline: float) -> bytes:
    """Return exactly so many bytes. Raises OSError."""
    received = b""
    while len(received) < length:
        tcp.settimeout(remaining(deadline))
        if not (piece := tcp.recv(length - len(received))):
            raise ConnectionError("the nameserver closed the connection")
        received += piece
    return received


def remaining(deadline: float) -> float:
    """Return the seconds for the next step. Raises TimeoutError after the deadline."""
    if (seconds := min(ATTEMPT, deadline - monotonic())) <= 0:
        raise TimeoutError
    return seconds


def parse_answer(answer: bytes, query: bytes) -> list[str]:
    """Return the TXT records of an answer. Raises NoSuchName, or ValueError or IndexError if it cannot be used."""
    id_, flags, questions, answers, _authorities, _others = struct.unpack_from("!HHHHHH", answer)
    asked = answer[12 : len(query)].lower() == query[12:].lower()
    if id_ != struct.unpack_from("!H", query)[0] or not flags & RESPONSE or questions != 1 or not asked:
        raise ValueError("not an answer to this query")
    if flags & 0xF == NO_SUCH_NAME:
        raise NoSuchName
    if flags & 0xF:
        raise ValueError(f"the nameserver answered with the error {flags & 0xF}")
    return list(read_records(answer, len(query), min(answers, MAX_RECORDS)))


def read_records(answer: bytes, position: int, count: int) -> Iterator[str]:
    """Yield the texts of the TXT records among so many records, which may begin with aliases."""
    for _record in range(count):
        position = skip_name(answer, position)
        kind, class_, _seconds, length = struct.unpack_from("!HHIH", answer, position)
        position += 10
        data = answer[position : position + length]
        if len(data) < length:
            raise ValueError("the answer is cut off")
        if (kind, class_) == (TXT, INTERNET):
            yield join_strings(data)
        position += length


def skip_name(answer: bytes, position: int) -> int:
    """Return the position after a name, which ends with a zero or a pointer to an earlier one."""
    while size := answer[position]:
        if size >= 0xC0:
            return position + 2
        position += size + 1
    return position + 1


def join_strings(data: bytes) -> str:
    """Return the text of a record, which consists of strings of up to 255 bytes."""
    pieces, position = [], 0
    while position < len(data):
        pieces.append(data[position + 1 : position + 1 + data[position]])
        position += 1 + data[position]
    return b"".join(pieces).decode("utf-8", "replace")
