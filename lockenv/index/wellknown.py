"""Names of widely used projects, to guess what a misspelt name meant; reported only where the index has the project."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

_NAMES = """
    aiobotocore aiohttp alembic anyio apache-airflow argcomplete asgiref asyncpg attrs azure-core azure-identity babel
    backoff bcrypt beautifulsoup4 black bleach boto3 botocore build cachetools celery certifi cffi chardet
    charset-normalizer click cloudpickle colorama coverage cryptography cython dask decorator django
    djangorestframework docker docutils fastapi filelock flake8 flask fsspec gevent gitpython google-api-core
    google-auth google-cloud-storage greenlet grpcio gunicorn h11 httpcore httpx hypothesis idna importlib-metadata
    ipykernel ipython isort itsdangerous jinja2 jmespath joblib jsonschema jupyter jupyterlab keras kombu lxml mako
    markdown markupsafe matplotlib mkdocs more-itertools msgpack multidict mypy networkx nltk notebook numba numpy
    oauthlib openai opencv-python openpyxl opentelemetry-api orjson packaging pandas paramiko pathspec pexpect pillow
    pip platformdirs pluggy polars prometheus-client protobuf psutil psycopg psycopg2-binary pyarrow pycparser pydantic
    pydantic-core pygments pyjwt pylint pymongo pymysql pyopenssl pyparsing pytest pytest-asyncio pytest-cov
    python-dateutil python-dotenv python-multipart pytz pyyaml redis regex requests requests-oauthlib rich ruff
    s3transfer scikit-learn scipy seaborn selenium sentry-sdk setuptools six sniffio sphinx sqlalchemy starlette
    structlog sympy tenacity tensorflow tomli torch torchvision tornado tox tqdm transformers twine typer
    typing-extensions tzdata ujson urllib3 uvicorn uvloop virtualenv watchdog websocket-client websockets werkzeug
    wheel wrapt xlrd yarl zipp
"""
WELL_KNOWN: Final = tuple(_NAMES.split())
"""Normalized."""
_OTHERS = """
    authlib boto bpython cattrs cchardet dash grequests httpcore2 httpx2 hyper ijson markdown2 psycopg-binary psycopg2
    scapy toml usort
"""
_HONEST: Final = frozenset(_OTHERS.split())
"""Projects that are used widely and have a name one letter from that of another."""
_SHORTEST = 4
"""Letters of a name from which on one letter more or less is no accident."""


def lookalikes(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return each of `names`, normalized, that is one letter from a well-known name, with that name, in their order.

    A letter too many, too few, another one, or two letters that changed places.
    """
    near: dict[str, list[str]] = {}
    for famous in WELL_KNOWN:
        for part in _parts(famous):
            near.setdefault(part, []).append(famous)
    known = _HONEST.union(WELL_KNOWN)
    found = []
    for name in names:
        if name not in known and len(name) >= _SHORTEST:
            meant = {famous for part in _parts(name) for famous in near.get(part, ())}
            found += [(name, famous) for famous in sorted(meant) if _is_one_letter_away(name, famous)][:1]
    return found


def _parts(name: str) -> tuple[str, str, str]:
    """Return how a name begins, how it ends, and both: names one letter apart have one of them in common."""
    return f"{name[:2]} ", f" {name[-2:]}", f"{name[:1]} {name[-1:]}"


def _is_one_letter_away(one: str, other: str) -> bool:
    if not -2 < len(one) - len(other) < 2:
        return False
    short, long = (one, other) if len(one) < len(other) else (other, one)
    if len(short) < _SHORTEST:
        return False
    at = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    is_swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return is_swapped or short[at + 1 :] == long[at + 1 :]
