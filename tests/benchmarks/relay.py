"""A relay on the loopback interface that is as far away and as narrow as a real network.

    python -m tests.benchmarks.relay --to PORT [--port PORT] [--latency MS] [--rate MBIT]

Each way takes half of the latency, the first bytes of a connection a whole one more, as its handshake would; all
connections share the rate. Ends when it is interrupted.

Reach it by the name of this machine, where that is another one of the loopback interface (`/etc/hosts`): from
`127.0.0.1` and `localhost` lockenv asks for pages that are not compressed, as no byte is saved within a machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from dataclasses import dataclass, field

_CHUNK = 1 << 14
"""Bytes."""


@dataclass(slots=True)
class Link:
    """What all connections share."""

    latency: float
    """Seconds there and back."""
    rate: float
    """Bytes a second; 0 for any."""
    free_at: float = field(default=0.0, init=False)
    """When what was sent so far has left, by the clock of the event loop."""

    def due(self, length: int, *, extra: float = 0.0) -> float:
        """Return when `length` bytes that are sent now arrive."""
        now = asyncio.get_running_loop().time()
        if self.rate:
            self.free_at = max(self.free_at, now) + length / self.rate
        return max(self.free_at, now) + self.latency / 2 + extra


def main() -> int:
    """Relay until interrupted."""
    parser = argparse.ArgumentParser(description="Relay connections with latency and a limited rate.")
    parser.add_argument("--to", type=int, required=True, metavar="PORT", help="where the index listens")
    parser.add_argument("--port", type=int, default=8491)
    parser.add_argument("--latency", type=float, default=30, metavar="MS", help="there and back")
    parser.add_argument("--rate", type=float, default=0, metavar="MBIT", help="a second; 0 for any")
    arguments = parser.parse_args()
    link = Link(arguments.latency / 1000, arguments.rate * 1e6 / 8)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.to, link))
    return 0


async def _serve(port: int, to: int, link: Link) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", to)
        # What a client sends is small: only what it receives counts against the rate.
        out = Link(link.latency, 0)
        await asyncio.gather(
            _pump(reader, there_writer, out, handshake=link.latency), _pump(there_reader, writer, link, handshake=0)
        )

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print(f"http://127.0.0.1:{port}/simple/", flush=True)
    async with server:
        await server.serve_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: Link, *, handshake: float) -> None:
    """Send on what arrives, each part when it is due."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while True:
                due, part = await waiting.get()
                await asyncio.sleep(due - loop.time())
                if not part:
                    break
                writer.write(part)
                await writer.drain()
        writer.close()

    sender = asyncio.create_task(deliver())
    with contextlib.suppress(OSError):
        while part := await reader.read(_CHUNK):
            waiting.put_nowait((link.due(len(part), extra=handshake), part))
            handshake = 0
    waiting.put_nowait((link.due(0), b""))
    await sender


if __name__ == "__main__":
    raise SystemExit(main())
