"""
Asks the few tests that failed once more, one at a time and with the machine to themselves.

Hundreds of tests run against real servers, clocks and browsers, and on a busy machine one of them may come too late. What fails twice is
broken; what fails once is named at the end of the run, so that somebody looks at it.
"""

import json
import subprocess
import sys
from pathlib import Path

# More than this is no chance.
MOST = 5
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main(report: str) -> int:
    """The exit code is 1 where nothing is to be asked again, too much, or where it failed again."""
    failed = list(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not 0 < len(failed) <= MOST:
        return 1
    print(f"\nasked again, one at a time: {len(failed)}", flush=True)
    command = [sys.executable, "-m", "pytest", "--last-failed", "--last-failed-no-failures", "none", f"--junitxml={report}"]
    return int(subprocess.run(command, check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
