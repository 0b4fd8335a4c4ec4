"""The interpreter of the tests, of which those of other systems are made."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.interpreter import probe

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return probe(sys.executable, cache_dir=str(tmp_path_factory.mktemp("probe")), environ=os.environ)
