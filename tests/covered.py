"""
Which lines and branches of the product the tests run: `python -m pytest -p tests.covered`, with or without xdist.

Rule 1: what a test costs is the product's, not the counting's: slipcover puts its marks into the modules as they are loaded. A tracer is
        asked at every call of every library, and took three quarters of a run.
Rule 2: so this is loaded before the product is.
"""

from __future__ import annotations

import json
import sys
from functools import reduce
from pathlib import Path
from typing import Any, Final, cast

import pytest
from slipcover import FileMatcher, ImportManager, Slipcover, merge_coverage, print_coverage, print_xml
from slipcover.config import read_config

REPORT: Final = Path("build/coverage/coverage.xml")
PRODUCT: Final = "kuaihui"
SETTINGS: Final = cast("dict[str, Any]", read_config())  # [tool.slipcover] of pyproject.toml


def counting() -> Slipcover:
    """Count from here on. Raises UsageError where the product is loaded already."""
    if PRODUCT in sys.modules:
        raise pytest.UsageError(f"{PRODUCT} was loaded before its lines could be counted")
    counter = Slipcover(branch=SETTINGS["branch"], omit=SETTINGS["omit"], exclude_also=SETTINGS["exclude-also"])
    ImportManager(counter, FileMatcher(SETTINGS["source"], SETTINGS["omit"])).__enter__()
    return counter


HERE: Final = counting()
WORKERS: Final[list[dict[str, Any]]] = []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker sends what it has counted."""
    if (sent := getattr(session.config, "workeroutput", None)) is not None:
        sent["covered"] = json.dumps(HERE.get_coverage())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Whoever leads the workers keeps it; who died has sent nothing, and its test has failed."""
    if sent := getattr(node, "workeroutput", {}).get("covered"):
        WORKERS.append(json.loads(sent))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What nobody has run, a file a line, and the same as XML for whoever draws it."""
    HERE.source = SETTINGS["source"]  # also the files that nobody has loaded
    HERE.omit = [*SETTINGS["omit"], *{file for sent in WORKERS for file in sent["files"]}]
    counted: Any = reduce(merge_coverage, WORKERS, HERE.get_coverage())
    terminalreporter.section("lines and branches that no test has run")
    print_coverage(counted, outfile=terminalreporter, skip_covered=True, missing_width=60)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    with REPORT.open("w", encoding="utf-8") as report:
        print_xml(counted, [str(Path.cwd())], with_branches=True, outfile=report)
    terminalreporter.write_line(f"{counted['summary']['percent_covered']:.1f} % of lines and branches were run: {REPORT}")
