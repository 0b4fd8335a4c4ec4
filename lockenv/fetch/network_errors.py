"""What the operating system and the standard library say about a broken exchange, reported as one reason."""

from __future__ import annotations

import socket
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING

from lockenv.fetch.transport import TransportError
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    import ssl

    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import UrlPlace
else:
    ssl = late("ssl")


_UNWELCOME = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN")
"""Alerts of a server that wants a client certificate, or another one (RFC 8446, section 6.2), as OpenSSL names them."""

_TRUST = "add the issuer to the system's trusted certificates, or use --cert or SSL_CERT_FILE"
_CLOCK = "check the clock of this machine; if it is right, the server has to renew its certificate"


def connecting(error: OSError, place: UrlPlace) -> TransportError:
    """Return the fault of a connection that could not be made."""
    match error:
        case socket.gaierror():
            return TransportError(f"cannot resolve the host name {place.host} (DNS: {error.strerror})")
        case TimeoutError():
            return TransportError(f"{place.host} did not accept a connection in time", is_timeout=True)
        case ConnectionRefusedError():
            return TransportError(f"connection refused by {place.host} port {place.port}")
        case ssl.SSLCertVerificationError():
            reason = f"the certificate of {place.host} is not trusted: {error.verify_message}"
            return TransportError(reason, is_final=True, hint=trust_hint(error))
        case ssl.SSLError() if is_unwelcome(error.reason or ""):
            return unwelcome(place)
        case ssl.SSLError():
            return TransportError(f"cannot establish a TLS connection to {place.host}: {error.reason or error}")
        case _:
            return TransportError(f"cannot connect to {place.host}: {error.strerror or error}")


def trust_hint(error: ssl.SSLCertVerificationError) -> str:
    """Return what helps where a certificate is not trusted."""
    is_of_time = any(word in error.verify_message for word in ("expired", "not yet valid"))
    return _CLOCK if is_of_time else _TRUST


def talking(
    error: OSError | HTTPException, place: UrlPlace, settings: FetchSettings, *, is_kept: bool = False
) -> TransportError:
    """Return the fault of a connection that broke after it was made; `is_kept` when it had served before."""
    match error:
        case TimeoutError():
            reason = f"{place.host} did not answer within {settings.first_byte:.0f} s"
            return TransportError(reason, is_timeout=True)
        case IncompleteRead():
            return TransportError("the connection ended before the end of the body")
        case RemoteDisconnected() | ConnectionError():
            return TransportError(
                f"{place.host} closed the connection before the response was complete", at_once=is_kept
            )
        case ssl.SSLError() if is_unwelcome(error.reason or ""):
            return unwelcome(place)
        case HTTPException():
            detail = ascii(str(error))[1:-1][:120] or type(error).__name__
            return TransportError(f"{place.host} did not send a valid HTTP response: {detail}")
        case _:
            return TransportError(f"the connection to {place.host} was lost: {error.strerror or error}")


def is_unwelcome(text: str) -> bool:
    """Return whether OpenSSL's words for a fault mean that a server does not accept who the client is."""
    return any(alert in text for alert in _UNWELCOME)


def unwelcome(place: UrlPlace) -> TransportError:
    """Return the fault of a server that asks for a client certificate and does not get the right one."""
    return TransportError(
        f"{place.host} requires a client certificate, or rejects the one that was sent",
        is_final=True,
        hint="use a file with a certificate and its key: set client-cert of the index, or "
        "LOCKENV_INDEX_<NAME>_CLIENT_CERT and LOCKENV_INDEX_<NAME>_URL",
    )
