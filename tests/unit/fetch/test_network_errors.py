"""What went wrong with a connection is reported with what helps."""

from __future__ import annotations

import ssl

import pytest

from lockenv.fetch.network_errors import connecting
from lockenv.fetch.urls import place


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("certificate has expired", "check the clock of this machine"),
        ("certificate is not yet valid", "check the clock of this machine"),
        ("self-signed certificate", "add the issuer"),
    ],
)
def test_certificate_whose_time_has_not_come_or_has_gone_may_be_right(said: str, hint: str) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = said

    fault = connecting(error, place("https://index.example/simple/"))

    assert fault.reason == f"the certificate of index.example is not trusted: {said}"
    assert (fault.is_final, fault.hint.startswith(hint)) == (True, True)
