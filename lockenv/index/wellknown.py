"""Names of widely used projects, to guess what a misspelt name meant; reported only where the index has the project."""

from __future__ import annotations

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
