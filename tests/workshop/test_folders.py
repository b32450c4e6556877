"""Every folder of tests is a package: pytest names a test by the packages above it, and would call one of GitHub plainly `github`."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {file.parent for file in TESTS.rglob("*.py")}

    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").is_file()) == []


def test_no_test_takes_the_name_of_somebody_elses_module() -> None:
    ours = {name for name, module in sys.modules.items() if (getattr(module, "__file__", None) or "").startswith(f"{TESTS}/")}

    assert __name__ in ours
    assert sorted(name for name in ours if name.partition(".")[0] != TESTS.name) == []
