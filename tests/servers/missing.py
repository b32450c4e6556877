"""What happens when a machine lacks a part that a test needs: skipped aloud on a desk, a failure in CI."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def missing(part: str, package: str) -> NoReturn:
    """Skip this test and say which Debian package brings the part; fail instead where CI is set, since CI has every part."""
    reason = f"{part} is not on this machine: install the Debian package {package}"
    if os.environ.get("CI", "").lower() in {"", "0", "false"}:
        pytest.skip(reason)
    pytest.fail(f"{reason} (CI skips nothing)", pytrace=False)


def program(name: str, package: str) -> Path:
    """The path of a program, or no test: `missing` says so. Debian keeps some servers outside a plain user's PATH."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    return Path(found) if found else missing(name, package)
