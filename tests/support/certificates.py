"""Certificates for servers and clients on this machine, made by `openssl` when a test asks for them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def make(path: Path, *, password: str = "") -> Path:
    """Write a certificate of 127.0.0.1 that signs itself, and its key, to `path`; the key is encrypted on request."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    key = path.with_suffix(".key")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2"]
    command += ["-subj", f"/CN={path.stem}", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-passout", f"pass:{password}"] if password else ["-nodes"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    key.unlink()
    return path


def serving(certificate: Path, *, clients: Path | None = None, demanded: bool = True) -> ssl.SSLContext:
    """Return what a server with this certificate encrypts with; it asks for the certificate in `clients`, if any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED if demanded else ssl.CERT_OPTIONAL
        context.load_verify_locations(clients)
    return context


def der(certificate: Path) -> bytes:
    """Return the certificate in a file in the form in which it is shown."""
    text = certificate.read_text("ascii")
    start, end = text.index("-----BEGIN CERT"), text.index("-----END CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(text[start:end] + "-----END CERTIFICATE-----\n")
