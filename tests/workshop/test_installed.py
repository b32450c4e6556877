"""What is installed runs by itself: far from this checkout, with the locked libraries alone, as `deploy/` says."""

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kuaihui.app.settings import Settings
from tools import build_assets, set_up

ROOT = Path(__file__).parents[2]
CONTAINER = (ROOT / "deploy/Containerfile").read_text()
SERVICE = ROOT / "deploy/kuaihui.service"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment with the wheel and what it is locked to."""
    folder = tmp_path_factory.mktemp("installed")
    build_assets.main()
    wheel = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(wheel, cwd=ROOT, check=True, capture_output=True)
    surroundings = set_up.with_pips_settings(dict(os.environ))
    uv = set_up.the_uv(surroundings)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True, env=surroundings)
    into = [uv, "pip", "install", "--quiet", "--python", folder / "venv/bin/python"]
    subprocess.run([*into, "--require-hashes", "-r", ROOT / "requirements/run.txt"], check=True, env=surroundings)
    subprocess.run([*into, "--no-deps", *folder.glob("*.whl")], check=True, env=surroundings)
    subprocess.run([uv, "pip", "check", "--quiet", "--python", folder / "venv/bin/python"], check=True, env=surroundings)
    return folder / "venv/bin"


def ran(installed: Path, folder: Path, *words: str) -> str:
    """What an installed kuaihui says to these words, typed in an empty folder."""
    alone = {"PATH": f"{installed}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run([installed / "kuaihui", *words], cwd=folder, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_needs_nothing_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    """The sample catalog, the tables of the journal, both languages, the templates: the story needs all of them."""
    ran(installed, tmp_path, "sample", "catalog")
    assert "the catalog is whole" in ran(installed, tmp_path, "check", "--catalog", "catalog")
    story = ran(installed, tmp_path, "demo", "--fast")
    assert "《IR-20230311-配置中心500》" in story
    packages = subprocess.run(
        [installed / "python", "-c", "import kuaihui, lark_oapi; print(kuaihui.__file__)"], capture_output=True, text=True, check=True
    )
    assert Path(packages.stdout).is_relative_to(installed.parent)


def test_the_image_is_made_of_what_its_context_lets_in() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {source for line in re.findall(r"^COPY (.+)$", CONTAINER, flags=re.MULTILINE) for source in line.split()[:-1]}
    assert copied == let_in
    assert re.search(r"^USER kuaihui$", CONTAINER, flags=re.MULTILINE)


def test_the_service_begins_with_a_command_that_there_is(installed: Path, tmp_path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]  # systemd's names are told apart by case
    unit.read(SERVICE)
    program, command, option, file = shlex.split(unit["Service"]["ExecStart"])
    assert (program, command) == ("/opt/kuaihui/bin/kuaihui", "up")
    assert option in ran(installed, tmp_path, command, "--help")
    assert file == "/etc/kuaihui/settings.toml"


@pytest.mark.parametrize("text", [CONTAINER, SERVICE.read_text()], ids=["container", "service"])
def test_what_they_set_are_settings(text: str) -> None:
    names = set(re.findall(r"KUAIHUI_([A-Z]+)__([A-Z_]+)=", text))
    assert names == {("CATALOG", "FOLDER")}
    for section, key in names:
        assert key.lower() in type(getattr(Settings(), section.lower())).model_fields
