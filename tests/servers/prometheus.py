"""Prometheus and Alertmanager as Debian packages them."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from tests.servers.missing import program
from tests.servers.process import HOST, Server, answers, free_port, new_folder, running


class StartWithConfig(Protocol):
    """Starts the server on this configuration text, with these files beside it; it runs until the test ends."""

    def __call__(self, config: str, *, files: Mapping[str, str] | None = None) -> Server: ...


@contextlib.contextmanager
def running_prometheus(config: str, *, files: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Prometheus, which also takes series by remote write and reads `folder/config.yml` again on POST /-/reload."""
    with new_folder("prometheus") as folder:
        port, log = free_port(), folder / "log"
        command = [
            program("prometheus", "prometheus"),
            f"--config.file={_written(folder, config, files)}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{port}",
            "--web.enable-lifecycle",
            "--web.enable-remote-write-receiver",
        ]
        with running(command, log=log, ready=answers(f"http://{HOST}:{port}/-/ready")) as pid:
            yield Server(f"http://{HOST}:{port}", port, pid, folder, log)


@contextlib.contextmanager
def running_alertmanager(config: str, *, files: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Alertmanager, alone (no cluster); it reads `folder/config.yml` again on POST /-/reload."""
    with new_folder("alertmanager") as folder:
        port, log = free_port(), folder / "log"
        command = [
            program("prometheus-alertmanager", "prometheus-alertmanager"),
            f"--config.file={_written(folder, config, files)}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{port}",
            "--cluster.listen-address=",
        ]
        with running(command, log=log, ready=answers(f"http://{HOST}:{port}/-/ready")) as pid:
            yield Server(f"http://{HOST}:{port}", port, pid, folder, log)


def _written(folder: Path, config: str, files: Mapping[str, str] | None) -> Path:
    for name, text in {"config.yml": config, **(files or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "config.yml"
