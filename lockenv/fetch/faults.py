"""What the operating system and the standard library say about a broken exchange, told as one reason."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING

from lockenv.fetch.transport import TransportError

if TYPE_CHECKING:
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import Place


def trust(certificates: str) -> ssl.SSLContext:
    """Give a context that trusts the bundle `certificates`, or the system's store when it is empty."""
    if certificates:
        try:
            return ssl.create_default_context(cafile=certificates)
        except OSError as error:
            reason = f"the bundle of trusted certificates {certificates} cannot be read: {error.strerror or error}"
            raise TransportError(reason, is_final=True) from error
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def connecting(error: OSError, place: Place) -> TransportError:
    """Give the fault of a connection that could not be made."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = f"the certificate of {place.host} is not trusted: {error.verify_message}"
            clock = "; is the clock right?" if "not yet valid" in error.verify_message else ""
            return TransportError(reason + clock, is_final=True)
        case ssl.SSLError():
            return TransportError(f"no encrypted connection to {place.host}: {error.reason or error}")
        case socket.gaierror():
            return TransportError(f"the name {place.host} does not resolve (DNS: {error.strerror})")
        case TimeoutError():
            return TransportError(f"{place.host} did not accept a connection in time", is_timeout=True)
        case ConnectionRefusedError():
            return TransportError(f"connection refused by {place.host} port {place.port}")
        case _:
            return TransportError(f"no connection to {place.host}: {error.strerror or error}")


def talking(
    error: OSError | HTTPException, place: Place, settings: FetchSettings, *, is_kept: bool = False
) -> TransportError:
    """Give the fault of a connection that broke after it was made; `is_kept` when it had served before."""
    match error:
        case TimeoutError():
            reason = f"{place.host} did not answer within {settings.first_byte:.0f} s"
            return TransportError(reason, is_timeout=True)
        case IncompleteRead():
            return TransportError("the connection ended before the end of the body")
        case RemoteDisconnected() | ConnectionError():
            return TransportError(f"{place.host} closed the connection without a whole answer", at_once=is_kept)
        case HTTPException():
            detail = ascii(str(error))[1:-1][:120] or type(error).__name__
            return TransportError(f"{place.host} does not speak HTTP: {detail}")
        case _:
            return TransportError(f"the connection to {place.host} broke: {error.strerror or error}")
