"""
Installs the Debian packages whose programs some tests run, where it may; elsewhere it names them and those tests are skipped.

Rule 1: only what is missing is installed, and the package lists are fetched at most once.
Rule 2: no service is left running, nor will one start with the machine, because of what is installed here.
Rule 3: in CI a missing package is a failure.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = ("chromium", "fonts-noto-cjk", "fonts-noto-color-emoji", "nginx-light", "prometheus", "prometheus-alertmanager", "redis-server")
SERVICES = ("nginx", "prometheus", "prometheus-node-exporter", "prometheus-alertmanager", "redis-server")
# Debian's own switch: a package that wants to start its service asks this script, and 101 says no.
POLICY = Path("/usr/sbin/policy-rc.d")
IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}


def main() -> int:
    """Install what is missing; the exit code tells CI whether anything still is."""
    missing = [package for package in PACKAGES if not _installed(package)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(missing)
        missing = [package for package in missing if not _installed(package)]
    if missing:
        print(f"缺少系统软件包,相关测试将跳过:{' '.join(missing)}", file=sys.stderr)
        print(f"Not on this machine, so the tests that need them are skipped: {' '.join(missing)}", file=sys.stderr)
        print(f"    sudo apt-get install --no-install-recommends {' '.join(missing)}", file=sys.stderr)
    return 1 if missing and IN_CI else 0


def _installed(package: str) -> bool:
    if not shutil.which("dpkg-query"):
        return False
    done = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True, check=False)
    return done.stdout == "installed"


def _install(packages: list[str]) -> None:
    print(f"安装系统软件包 / Installing Debian packages: {' '.join(packages)}", file=sys.stderr, flush=True)
    if _apt("update"):
        return
    known = [package for package in packages if _has_candidate(package)]
    with _services_stay_stopped():
        _apt("install", "--yes", "--no-install-recommends", *known)
    if Path("/run/systemd/system").exists():
        ours = [service for service in SERVICES if any(service.startswith(package) for package in known)]
        subprocess.run(["systemctl", "disable", "--quiet", *ours], check=False)


def _apt(*words: str) -> int:
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", *words]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=quiet, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return done.returncode


def _has_candidate(package: str) -> bool:
    done = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False)
    return "Candidate:" in done.stdout and "Candidate: (none)" not in done.stdout


@contextmanager
def _services_stay_stopped() -> Iterator[None]:
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
