"""What is built is whole: the wheel carries the page assets with their licences, and the tools say how a run ended."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import ask_again, build_assets

ROOT = Path(__file__).parents[2]


def test_a_wheel_carries_the_page_assets_and_their_licences(tmp_path: Path) -> None:
    build_assets.main()
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True, capture_output=True
    )

    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {f"kuaihui/app/web/vendor/{name}" for name in build_assets.SERVED.values()} <= inside
    assert "kuaihui/language/zh/language.po" in inside
    assert [name for name in inside if name.startswith(("tests/", "bench/", "tools/"))] == []


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert importlib.metadata.metadata("kuaihui")["License-Expression"] == "Apache-2.0"


def closed(first: Path, again: Path) -> tuple[list[str], int]:
    """What is said at the end of a run that left these reports, and the exit code."""
    command = [sys.executable, ROOT / "tools/closing_line.py", first, again]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), done.returncode


def report(**tests: str) -> str:
    """A JUnit report of these tests: each passed, or ended as its tag says."""
    cases = (f'<testcase classname="tests.a" name="{name}">{how and f"<{how}/>"}</testcase>' for name, how in tests.items())
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


@pytest.mark.parametrize(
    "first, again, lines, code",
    [
        (report(a="", b="skipped"), "", ["1 passed, 0 failed, 1 skipped"], 0),
        (report(a="", b="failure", c="error"), "", ["1 passed, 2 failed, 0 skipped"], 1),
        (report(), "", ["0 passed, 0 failed, 0 skipped"], 1),
        (
            report(a="", b="failure"),
            report(b=""),
            ["passed only when it was asked again, alone: tests.a::b", "2 passed, 0 failed, 0 skipped"],
            0,
        ),
        (report(a="", b="failure", c="failure"), report(b="failure", c="skipped"), ["1 passed, 2 failed, 0 skipped"], 1),
    ],
    ids=["passed", "failed", "empty", "passed when asked again", "failed again, or skipped"],
)
def test_the_closing_line_counts_what_the_reports_say(tmp_path: Path, first: str, again: str, lines: list[str], code: int) -> None:
    (tmp_path / "junit.xml").write_text(first)
    if again:
        (tmp_path / "again.xml").write_text(again)
    assert closed(tmp_path / "junit.xml", tmp_path / "again.xml") == (lines, code)


def test_a_run_that_left_no_report_has_failed(tmp_path: Path) -> None:
    (said,), code = closed(tmp_path / "none.xml", tmp_path / "again.xml")
    assert "no test report" in said
    assert code == 1


TIMID = """
from pathlib import Path

def test_passes_the_second_time():
    tried = Path("tried")
    seen = tried.exists()
    tried.touch()
    assert seen

def test_passes():
    pass
"""


@pytest.mark.parametrize(
    "tests, code",
    [
        (TIMID, 0),
        (TIMID + "def test_fails():\n    assert False\n", 1),
        ("".join(f"def test_{number}():\n    assert False\n" for number in range(ask_again.MOST + 1)), 1),
        ("def test_passes():\n    pass\n", 1),
    ],
    ids=["by chance", "one that is broken", "too many to be chance", "nothing failed"],
)
def test_a_few_tests_that_failed_are_asked_once_more(tmp_path: Path, tests: str, code: int) -> None:
    (tmp_path / "test_some.py").write_text(tests)
    run = {"cwd": tmp_path, "capture_output": True}
    subprocess.run([sys.executable, "-m", "pytest", "-p", "no:valkey", "-p", "no:randomly"], check=False, **run)
    done = subprocess.run([sys.executable, ROOT / "tools/ask_again.py", "again.xml"], check=False, **run)
    assert done.returncode == code
