"""The wheel by which an overlay environment shows the packages of the environment below it.

Pure: the directory of these packages goes in; the name and the bytes of a wheel come out, the same on every machine.
"""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Final

from lockenv.vocabulary.hashing import sha256

NAME: Final = "lockenv-environment-below"
_STEM: Final = NAME.replace("-", "_")


def bridge(packages: str) -> tuple[str, bytes]:
    """Return the name and the content of a wheel that adds the directory `packages` to the module search path.

    Its `.pth` files count there too, so that what is editable is found; its own packages come last. The version is a
    digest of the directory, so that another one is another wheel.
    """
    version = f"0+{sha256(packages.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    info = f"{_STEM}-{version}.dist-info"
    # The documentation of `site`: "Lines starting with import … are executed".
    line = f"import site; site.addsitedir({packages!r})\n"
    files = {
        f"{_STEM}.pth": line.encode("utf-8", "surrogateescape"),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: lockenv\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},{_hash(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "".join(f"{row}\n" for row in (*rows, f"{info}/RECORD,,")).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return f"{_STEM}-{version}-py3-none-any.whl", written.getvalue()


def _hash(content: bytes) -> str:
    return f"sha256={base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b'=').decode()}"
