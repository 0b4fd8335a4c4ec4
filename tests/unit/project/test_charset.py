"""Requirements files are text as pip reads them."""

from __future__ import annotations

import pytest

from lockenv.project.charset import text_of


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a\r\n".encode("utf-16"), "a\r\n"),
        ("\ufeffa\n".encode("utf-16-be"), "a\n"),
        ("\ufeffa\n".encode("utf-32-le"), "a\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        (b"# -*- coding: latin-1 -*-\n# \xfc\na\n", "# -*- coding: latin-1 -*-\n# \xfc\na\n"),
        (b"#!/x\n# vim: set fileencoding=cp1251 :\n# \xff\n", "#!/x\n# vim: set fileencoding=cp1251 :\n# \u044f\n"),
        ("# \xfc\n# x\n# coding: cp1251\n".encode(), "# \xfc\n# x\n# coding: cp1251\n"),
        (b"a # coding: utf-16\n", "a # coding: utf-16\n"),
        (b"", ""),
    ],
)
def test_encoding_is_that_of_the_mark_or_of_the_comment_or_utf_8(content: bytes, text: str) -> None:
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\n", "is not text in UTF-8"),
        (b"\xff\xfea", "is not text in UTF-16"),
        (b"# coding: ascii\n\xfc", "is not text in ASCII"),
        (b"# coding: nonsense\n", "declares the encoding 'nonsense', which is not a text encoding"),
        (b"# coding: hex\n", "declares the encoding 'hex', which is not a text encoding"),
    ],
)
def test_what_is_no_text_is_an_error(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        text_of(content)
