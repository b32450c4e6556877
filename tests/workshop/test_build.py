"""What is built is whole: the wheel carries the page assets with their licences, and the tools say how a run ended."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import build_assets

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


@pytest.mark.parametrize(
    "report, line, code",
    [
        ('<testsuites><testsuite tests="9" failures="0" errors="0" skipped="2"/></testsuites>', "7 passed, 0 failed, 2 skipped", 0),
        ('<testsuites><testsuite tests="9" failures="1" errors="1" skipped="0"/></testsuites>', "7 passed, 2 failed, 0 skipped", 1),
        ('<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>', "0 passed, 0 failed, 0 skipped", 1),
    ],
    ids=["passed", "failed", "empty"],
)
def test_the_closing_line_counts_what_the_report_says(tmp_path: Path, report: str, line: str, code: int) -> None:
    (tmp_path / "junit.xml").write_text(report)
    done = subprocess.run(
        [sys.executable, ROOT / "tools/closing_line.py", tmp_path / "junit.xml"], capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines()[-1], done.returncode) == (line, code)


def test_a_run_that_left_no_report_has_failed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/closing_line.py", tmp_path / "none.xml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no test report" in done.stdout
