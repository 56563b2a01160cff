"""Quantized weights by the real torchao: another picture, but nearly the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TORCHAO = Path("build/torchao")


@pytest.mark.skipif(not TORCHAO.exists(), reason="`make build/torchao/.installed` installs it")
@pytest.mark.parametrize("weights", ["int8", "float8"])
def test_a_picture_from_quantized_weights_is_near_to_the_one_from_the_stored(weights: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.integration.worker.quantized_picture", weights],
        env={**os.environ, "PYTHONPATH": str(TORCHAO)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert 0 < float(run.stdout.splitlines()[-1]) < 3
