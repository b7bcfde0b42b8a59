"""A nameserver on loopback that answers questions for TXT records from a table."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Mapping

LARGE = 400  # bytes of texts; more are sent by TCP only


def text_record(text: str) -> bytes:
    """Return the answer record of a text, in strings of at most 255 bytes, for the name in the question."""
    data = text.encode()
    pieces = [data[start : start + 255] for start in range(0, len(data), 255)]
    content = b"".join(bytes([len(piece)]) + piece for piece in pieces)
    return b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(content)) + content


def answer(query: bytes, table: Mapping[str, list[str]], *, by_tcp: bool) -> bytes:
    labels, position = [], 12
    while size := query[position]:
        labels.append(query[position + 1 : position + 1 + size].decode())
        position += size + 1
    name = ".".join(labels)
    exists = any(known == name or known.endswith(f".{name}") for known in table)
    texts = table.get(name, [])
    is_cut = not by_tcp and sum(map(len, texts)) > LARGE
    flags = 0x8180 | (0x0200 if is_cut else 0) | (0 if exists else 3)
    records = [] if is_cut else [text_record(text) for text in texts]
    header = query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    return header + query[12:] + b"".join(records)


@contextlib.contextmanager
def nameserver(table: Mapping[str, list[str]]) -> Iterator[int]:
    """Answer at 127.0.0.1 by UDP and TCP, and yield the port."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(tcp.getsockname())

    def serve_udp() -> None:
        with contextlib.suppress(OSError):
            while True:
                query, client = udp.recvfrom(512)
                if not query:
                    return
                udp.sendto(answer(query, table, by_tcp=False), client)

    def serve_tcp() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = tcp.accept()
                with connection:
                    if (query := connection.recv(512)[2:]) == b"":
                        return
                    reply = answer(query, table, by_tcp=True)
                    connection.sendall(struct.pack("!H", len(reply)) + reply)

    threads = [threading.Thread(target=serve, daemon=True) for serve in (serve_udp, serve_tcp)]
    for thread in threads:
        thread.start()
    try:
        yield tcp.getsockname()[1]
    finally:
        udp.sendto(b"", udp.getsockname())
        socket.create_connection(tcp.getsockname()).close()
        for thread in threads:
            thread.join()
        tcp.close()
        udp.close()
