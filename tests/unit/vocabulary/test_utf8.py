from __future__ import annotations

import codecs

import pytest

from lockenv.vocabulary.utf8 import utf8_text


@pytest.mark.parametrize("content", [b"", b"a = 1\n", "\u00e9".encode(), codecs.BOM_UTF8, codecs.BOM_UTF8 * 2 + b"a"])
def test_text_is_what_pythons_codec_reads(content: bytes) -> None:
    assert utf8_text(content) == content.decode("utf-8-sig")


def test_other_text_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        utf8_text(codecs.BOM_UTF16_LE + "a".encode("utf-16-le"))
