"""A test that hangs ends, or the whole run does; where it hung is shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPATIENT = """
pytest_plugins = ["tests.hanging"]

def pytest_sessionstart():
    from tests import hanging

    hanging.GRACE = 1
"""
SWALLOWED = """
import asyncio

async def busy():
    while True:
        sum(range(5_000_000))
        await asyncio.sleep(0)

async def test_its_loop_swallows_the_signal():
    task = asyncio.create_task(busy())
    await asyncio.Event().wait()
"""
TEARDOWN = """
import threading
import pytest

@pytest.fixture
def stuck():
    yield
    threading.Event().wait()

def test_it_fails_and_hangs_after_that(stuck):
    assert False
"""
ORDINARY = """
import time

def test_it_is_too_slow():
    time.sleep(60)

def test_it_comes_after_that():
    time.sleep(0)
"""


def run(tests: str, folder: Path, timeout: float = 1) -> subprocess.CompletedProcess[str]:
    """A run of these tests alone, with the project's own settings."""
    (folder / "conftest.py").write_text(IMPATIENT)
    (folder / "test_it.py").write_text(tests)
    words = ["-m", "pytest", "-q", "-c", ROOT / "pyproject.toml", "--rootdir", folder, f"--timeout={timeout}", folder]
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_hang_whose_signal_the_loop_swallows_ends_the_run_and_shows_what_every_task_waits_for(tmp_path: Path) -> None:
    ended = run(SWALLOWED, tmp_path)

    assert ended.returncode == 70
    assert "test_it.py::test_its_loop_swallows_the_signal has hung" in ended.stderr
    assert "await asyncio.Event().wait()" in ended.stderr


def test_a_teardown_that_hangs_after_a_failure_ends_the_run(tmp_path: Path) -> None:
    ended = run(TEARDOWN, tmp_path)

    assert ended.returncode == 70
    assert 'test_it.py", line 8 in stuck' in ended.stderr


def test_what_is_only_too_slow_fails_by_itself(tmp_path: Path) -> None:
    ended = run(ORDINARY, tmp_path)

    assert ended.returncode == 1
    assert "1 failed, 1 passed" in ended.stdout
    assert "has hung" not in ended.stderr
