"""Says in one line how a test run ended, from its JUnit report, so that the line can stand last whatever else was printed."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main() -> int:
    """The exit code is 1 where there is no report, no test in it, or one that failed."""
    report = Path(sys.argv[1])
    if not report.exists():
        print(f"no test report at {report}: the run ended before its first test")
        return 1
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    passed = tests - failed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0 or passed == 0)


if __name__ == "__main__":
    sys.exit(main())
