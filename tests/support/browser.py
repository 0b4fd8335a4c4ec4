"""Drive a real headless Chromium over the WebDriver protocol (W3C WebDriver), with the standard library alone.

`with Browser() as browser:` starts it; `chromium()` returns whether there is one. It reaches no host by name.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference (W3C WebDriver, section 12)."""
_PORT = re.compile(rb"started successfully on port (\d+)")
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1400,900",
)
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Left": "\ue012", "Right": "\ue014", "Up": "\ue013", "Down": "\ue015"}

FAINT = """
const channel = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
const color = (text) => text.match(/[0-9.]+/g).map(Number);
const over = (top, below) => top.slice(0, 3).map((each, at) => each * (top[3] ?? 1) + below[at] * (1 - (top[3] ?? 1)));
const behind = (one) => {
  if (!one) return [255, 255, 255];
  const found = color(getComputedStyle(one).backgroundColor);
  return (found[3] ?? 1) === 1 ? found : over(found, behind(one.parentElement));
};
const box = (one) => one.closest(".node")?.querySelector("rect.box");
const ink = (one) => color(one.closest("svg") ? getComputedStyle(one).fill : getComputedStyle(one).color);
const found = new Set();
const walker = document.createTreeWalker(document.querySelector(arguments[0]), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const one = walker.currentNode.parentElement, style = getComputedStyle(one), place = one.getBoundingClientRect();
  if (!walker.currentNode.data.trim() || !place.width || style.visibility !== "visible") continue;
  if (style.opacity !== "1" || one.closest(".headerlink, .md-clipboard, [hidden], option, .visually-hidden")) continue;
  const below = box(one) ? color(getComputedStyle(box(one)).fill) : behind(one);
  const levels = [light(below), light(over(ink(one), below))].sort((a, b) => b - a);
  const ratio = (levels[0] + 0.05) / (levels[1] + 0.05);
  if (ratio < 4.5) found.add(`${one.tagName}.${one.className} ${ink(one)} on ${below}: ${ratio.toFixed(2)}`);
}
return [...found].sort();
"""
"""Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3)."""


def chromium() -> tuple[str, str] | None:
    """Return the paths of Chromium and of its driver; None where one of them is missing."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """One window, from `__enter__` to `__exit__`."""

    def __enter__(self) -> Self:
        found = chromium()
        assert found is not None
        binary, driver = found
        self._driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self._url = f"http://127.0.0.1:{self._port()}"
            options = {"binary": binary, "args": list(_ARGUMENTS)}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self._url += f"/session/{session['sessionId']}"
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError):
            self._call("DELETE", "")
        self._end()

    def _end(self) -> None:
        self._driver.terminate()
        self._driver.wait()
        if self._driver.stdout:
            self._driver.stdout.close()

    def _port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if found := _PORT.search(line):
                return int(found[1])
        raise RuntimeError("chromedriver did not start")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        content = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            self._url + path, data=content, method=method, headers={"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from error

    def open(self, url: str) -> None:
        """Go to `url` and wait until it is loaded."""
        self._call("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what the body of a function returns in the page."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector: str) -> str:
        """Return the first element that fits."""
        reference: str = self._call("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]
        return reference

    def texts(self, selector: str) -> list[str]:
        """Return the visible texts of all elements that fit, in their order."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText ?? one.textContent)",
            selector,
        )
        return found

    def click(self, selector: str) -> None:
        """Click where the element is, as a mouse does: fails when something is over it."""
        self._call("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        """Press keys in an element; those of `KEYS` by their character."""
        self._call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Press keys wherever the focus is."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def role_and_name(self, selector: str) -> tuple[str, str]:
        """Return what an assistive technology gets of an element."""
        path = f"/element/{self.find(selector)}"
        return self._call("GET", f"{path}/computedrole"), self._call("GET", f"{path}/computedlabel")

    def resize(self, width: int, height: int) -> None:
        """Return the window another size."""
        self._call("POST", "/window/rect", {"width": width, "height": height})

    def emulate(self, width: int, scheme: str) -> None:
        """Have the page take the window for one of `width`, and of a person who prefers `scheme`: `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        for command, values in (("setEmulatedMedia", {"features": features}), ("setDeviceMetricsOverride", size)):
            self._call("POST", "/goog/cdp/execute", {"cmd": f"Emulation.{command}", "params": values})

    def messages(self) -> list[str]:
        """Return what the console of the page has said since the last time."""
        return [each["message"] for each in self._call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path: Path) -> None:
        """Write what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def printed(self) -> bytes:
        """Return the page as a PDF, as it is printed."""
        return base64.b64decode(self._call("POST", "/print"))
