"""Which certificates are trusted: those of a bundle, or of the system's store.

In: the path of a bundle, that of a client certificate. Out: the context that encrypts connections. Never: connecting.
"""

from __future__ import annotations

import errno
import os
from _thread import allocate_lock
from typing import TYPE_CHECKING

from lockenv.fetch.transport import TransportError
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import ssl
else:
    ssl = late("ssl")

_BUNDLES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where distributions keep the certificates that they trust: Alpine and Arch, Fedora (two), Debian, SUSE."""
_HASHED = lazy_pattern(r"[0-9a-fA-F]{8}\.[0-9]")
"""The name of a certificate in a directory that OpenSSL searches."""


class TrustedCertificates:
    """The TLS context of each connection. Safe to use from several threads."""

    def __init__(self, certificates: str) -> None:
        """Trust the bundle `certificates`, or the system's store when it is empty."""
        self._certificates = certificates
        self._shared: dict[str, ssl.SSLContext] = {}
        """By the client certificate that is shown."""
        self._making = allocate_lock()

    def context(self, client: str = "") -> ssl.SSLContext:
        """Return the context of one more connection that shows the certificate in the file `client`, if any.

        Raises TransportError as `trust` does.
        """
        # The store is read once: it takes longer than many a connection does.
        with self._making:
            found = self._shared.get(client)
            if found is None:
                found = trust(self._certificates, client)
                # One of truststore does one TLS handshake at a time, so that each connection has its own.
                if type(found) is ssl.SSLContext:
                    self._shared[client] = found
            return found


def trust(certificates: str, client: str = "") -> ssl.SSLContext:
    """Return a context that trusts the bundle `certificates`, or the system's store when it is empty.

    It shows the certificate in the file `client`, if any, to a server that asks for one. Raises TransportError for a
    file that cannot be used.
    """
    context = _trusting(certificates)
    if client:
        try:
            # An encrypted key is refused: OpenSSL would ask for its password on the terminal.
            context.load_cert_chain(client, password=str)
        except OSError as error:
            why = error.strerror or "it must contain a certificate and its unencrypted key"
            raise TransportError(f"cannot read the client certificate {client}: {why}", is_final=True) from error
    return context


def _trusting(certificates: str) -> ssl.SSLContext:
    if certificates:
        try:
            return ssl.create_default_context(cafile=certificates)
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError from error
            reason = f"cannot read the CA bundle {certificates}: {error.strerror or error}"
            raise TransportError(reason, is_final=True) from error
    try:
        return _system_store(system.platform)
    except OSError as error:
        reason = f"cannot read the system's certificates: {error.strerror or error}"
        raise TransportError(reason, is_final=True) from error


def _system_store(platform: str) -> ssl.SSLContext:
    if platform in ("win32", "darwin"):
        # There the store is a service of the system, which OpenSSL does not know.
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(map(_HASHED.fullmatch, os.listdir(paths.capath)))):
        context.set_default_verify_paths()
    else:
        # An interpreter that was built for another distribution.
        bundle = next(filter(os.path.isfile, _BUNDLES), None)
        if bundle is not None:
            context.load_verify_locations(bundle)
    return context
