"""The standard library's response, which goes through proxies, as strict about its framing as RFC 9112 asks.

Never: a connection.
"""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse, parse_headers

_HEXADECIMAL = b"0123456789abcdefABCDEF"


class StrictResponse(HTTPResponse):
    """The standard library's response, as strict about its framing as RFC 9112 asks."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200:
                return version, status, reason
            # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
            # response"; 101 answers an upgrade, which is never asked for.
            if status == 101:
                raise HTTPException("it switches protocols without a request")
            parse_headers(self.fp)

    def _read_next_chunk_size(self) -> int:
        # RFC 9112 section 7.1: a size is hexadecimal digits alone, which `int` does not insist on.
        line = self.fp.readline(1 << 16)
        size = line.partition(b";")[0].rstrip(b" \t\r\n")
        if not line.endswith(b"\n") or not 0 < len(size) < 16 or size.strip(_HEXADECIMAL):
            self.close()
            raise HTTPException("the size of a chunk is not a number" if line else "the response ends within a chunk")
        return int(size, 16)
