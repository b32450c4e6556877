"""Says in one line how a test run ended, from its JUnit reports, so that the line can stand last whatever else was printed."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def names(report: Path, *ended: str) -> set[str]:
    """The tests of a report that ended so: "failure", "error", "skipped"; all of them where nothing is asked."""
    cases = ET.parse(report).getroot().iter("testcase") if report.exists() else ()
    return {
        f"{case.get('classname')}::{case.get('name')}" for case in cases if not ended or any(case.find(how) is not None for how in ended)
    }


def main() -> int:
    """The second report is of those that were asked again. The exit code is 1 where no test ran, or one failed (both times)."""
    report, again = map(Path, sys.argv[1:3])
    if not report.exists():
        print(f"no test report at {report}: the run ended before its first test")
        return 1
    skipped, failed = names(report, "skipped"), names(report, "failure", "error")
    late = (failed & names(again)) - names(again, "failure", "error", "skipped")
    for name in sorted(late):
        print(f"passed only when it was asked again, alone: {name}")
    failed -= late
    passed = len(names(report) - failed - skipped)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return int(bool(failed) or not passed)


if __name__ == "__main__":
    sys.exit(main())
