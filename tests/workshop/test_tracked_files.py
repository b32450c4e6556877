"""What is in git speaks of the product alone, holds no one else's code, and keeps the house's measures."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Written in pieces, so that this file does not name what it looks for.
REGISTRIES = [
    ".".join(words)
    for words in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("npmmirror", "com"),
        ("deb", "debian", "org"),
        ("tuna", "tsinghua"),
        ("mirrors", "aliyun"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
    ]
]
MACHINE_PATHS = ["/" + "work/", "/" + "root/", "/home/" + "[a-z]", "/" + "Users/"]
LONGEST_FUNCTION = 60
LONGEST_FILE = 500


def tracked(*patterns: str) -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def lines_with(pattern: str) -> list[str]:
    found: list[str] = []
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}:{number}" for number, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)]
    return found


def test_no_registry_is_named() -> None:
    assert lines_with("|".join(map(re.escape, REGISTRIES))) == []


def test_no_path_of_somebodys_machine_is_named() -> None:
    assert lines_with("|".join(MACHINE_PATHS)) == []


def test_no_one_elses_code_is_kept() -> None:
    foreign = [
        path for path in tracked() if {"vendor", "node_modules", "third_party"} & set(path.relative_to(ROOT).parts) or ".min." in path.name
    ]
    assert foreign == []


def test_no_function_is_longer_than_sixty_lines() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in tracked("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ] == []


def test_no_source_file_is_longer_than_five_hundred_lines() -> None:
    assert [
        str(path.relative_to(ROOT)) for path in tracked("src/**/*.py", "tools/*.py") if path.read_text().count("\n") > LONGEST_FILE
    ] == []


def test_every_module_says_what_it_is_for() -> None:
    modules = {path: path.read_text(encoding="utf-8") for path in tracked("*.py")}
    silent = [path for path, source in modules.items() if source.strip() and ast.get_docstring(ast.parse(source)) is None]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_no_folder_is_named_for_a_kind_of_code() -> None:
    vague = {"utils", "util", "helpers", "helper", "managers", "common", "base", "misc"}
    assert [str(path.relative_to(ROOT)) for path in tracked("*.py") if vague & {*path.relative_to(ROOT).parts, path.stem}] == []
