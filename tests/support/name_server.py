"""A name server in a network namespace of its own, which loses answers, and forty connections that ask it.

Run as a program: `unshare -Urmn python -m tests.support.name_server RESOLV_CONF LOSES`. It writes how often the name
server was asked for the IPv4 address of the host, by how many look-ups, and how many connections were made.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
import threading

from lockenv.fetch.host_addresses import HostAddresses

HOST = "index.example"
CONNECTIONS = 40
_PATIENT = 60.0
_SIOCSIFFLAGS = 0x8914
_UP = 0x1
_A = 1


class NameServer:
    """Answers for `HOST` with 127.0.0.1; whoever is among the first `loses` that ask never gets an answer."""

    def __init__(self, loses: int) -> None:
        self.asked: list[tuple[str, int]] = []
        """From where the IPv4 address was asked for: each look-up has a port of its own."""
        self._lost: set[tuple[str, int]] = set()
        self._loses = loses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(512)
            # RFC 1035, section 4.1: a head of 12 bytes, the name in labels, its type and class.
            name_end = question.index(b"\0", 12) + 1
            is_ipv4 = question[name_end : name_end + 2] == struct.pack(">H", _A)
            if is_ipv4:
                self.asked.append(asker)
            if asker in self._lost or len(self._lost) < self._loses:
                self._lost.add(asker)
                continue
            head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, int(is_ipv4), 0, 0)
            record = struct.pack(">HHHIH", 0xC00C, _A, 1, 60, 4) + socket.inet_aton("127.0.0.1") if is_ipv4 else b""
            self._socket.sendto(head + question[12 : name_end + 4] + record, asker)


def main(configuration: str, loses: int) -> None:
    """Connect to `HOST`, whose name server `configuration` names, from many threads at once."""
    subprocess.run(["mount", "--bind", configuration, "/etc/resolv.conf"], check=True)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _UP))
    server = NameServer(loses)
    addresses = HostAddresses(socket.getaddrinfo, 0.2 if loses else _PATIENT)
    made: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as listening:
        port = listening.getsockname()[1]
        threads = [
            threading.Thread(target=lambda: made.append(addresses.connect(HOST, port, _PATIENT)))
            for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sys.stdout.write(f"{len(server.asked)} {len(set(server.asked))} {len(made)}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
