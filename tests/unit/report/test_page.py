from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from lockenv.report.page import page

LOCK = {"packages": [{"name": "a", "marker": "</script><b>&"}]}


def composed() -> str:
    return page(LOCK, title="<a & b>", text="a <b>\n")


def style() -> str:
    return files("lockenv.report").joinpath("assets", "tree.css").read_text("utf-8")


def test_page_names_no_other_resource() -> None:
    assert re.findall(r"(?:src|action)=|href=[^#]{2}|url\(|@import|\bfetch\(|XMLHttpRequest", composed()) == []
    assert set(re.findall(r"\w+://[^\s\"']*", composed())) == {"http://www.w3.org/2000/svg"}


def test_page_lets_in_its_own_script_and_style_by_their_digests() -> None:
    text = composed()
    policy = re.search(r"Content-Security-Policy\" content=\"([^\"]*)", text)
    assert policy is not None
    for kind in ("script", "style"):
        found = re.search(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        assert found is not None
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()

        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none';")


def test_text_and_title_are_escaped_and_the_lock_ends_no_element() -> None:
    text = composed()

    assert "<title>&lt;a &amp; b&gt;</title>" in text
    assert "<noscript><pre>a &lt;b&gt;\n</pre></noscript>" in text
    assert "\\u003c/script\\u003e\\u003cb\\u003e\\u0026" in text
    assert text.count("</script>") == 2


def test_page_of_one_lock_is_always_the_same() -> None:
    assert composed() == composed()


def light(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "soft", "accent", "wheel", "build", "nothing", "up", "down"])
@pytest.mark.parametrize("ground", ["back", "panel"])
def test_colors_of_text_differ_enough_from_what_is_behind_them(scheme: int, ink: str, ground: str) -> None:
    palettes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in style().split(":root {")[1:3]]
    one, other = sorted((light(palettes[scheme][ink]), light(palettes[scheme][ground])))

    # WCAG 2.2, success criterion 1.4.3: "a contrast ratio of at least 4.5:1".
    assert (other + 0.05) / (one + 0.05) >= 4.5
