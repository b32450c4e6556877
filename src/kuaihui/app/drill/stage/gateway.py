"""
The API gateway before the config center: nginx where it is installed, else the stage's own.

Rule 1: `/config-center/...` is people's traffic, shared by weight among full and canary; `/preproduction/...` is the tester's alone.
Rule 2: a request is answered by one pod; an error is passed on and never repeated at the next pod, or the ratio would lie.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kuaihui.app.drill.stage import roles
from kuaihui.app.drill.stage.description import Environment
from kuaihui.app.drill.stage.loopback import LOOPBACK
from kuaihui.app.drill.stage.processes import Crew, Started, until_open

TIMEOUT = 3.0  # seconds until a pod that does not answer is a 504
# A reload is carried out beside the old workers: by then they have been told to finish.
SETTLE = 0.15

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    map $upstream_addr $backend {{ default "none none none"; {known} }}
    map $backend $environment {{ "~^(?<e>[^ ]+) " $e; default none; }}
    map $backend $version {{ "~^[^ ]+ (?<v>[^ ]+) " $v; default none; }}
    map $backend $pod {{ "~ (?<p>[^ ]+)$" $p; default none; }}
    log_format json escape=json '{{"time":"$time_iso8601","service":"config-center","environment":"$environment","version":"$version",'
        '"pod":"$pod","status":"$status","seconds":"$request_time","trace_id":"$http_x_trace_id","path":"$uri"}}';
    access_log {log} json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_max_temp_file_size 0;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Trace-Id $http_x_trace_id;
    proxy_next_upstream off;
    proxy_connect_timeout 1s;
    proxy_read_timeout {timeout}s;
    upstream people {{ {people} keepalive 32; }}
    upstream tester {{ {tester} keepalive 4; }}
    server {{
        listen {host}:{port} backlog=1024;
        location /config-center/ {{ proxy_pass http://people/; }}
        location /preproduction/ {{ proxy_pass http://tester/; }}
    }}
}}
"""


class Gateway:
    """A running gateway that can be told to serve other pods."""

    def __init__(self, crew: Crew, port: int, nginx: str | None) -> None:
        self.port = port
        self.log = crew.folder / "logs" / "gateway" / "access.log"
        self.part: Started | None = None
        self._crew = crew
        self._folder = crew.folder / "gateway"
        self._nginx = nginx
        self._file = self._folder / ("nginx.conf" if nginx else "backends.json")

    async def start(self, backends: Sequence[roles.Backend]) -> None:
        """Start serving these pods."""
        for made in (self._folder, self.log.parent):
            made.mkdir(parents=True, exist_ok=True)
        self._write(backends)
        if self._nginx:
            argv = [self._nginx, "-p", str(self._folder), "-c", str(self._file), "-e", str(self._folder / "error.log")]
            # Told to end, and not killed: only a living master ends its workers.
            part = await self._crew.start("gateway", argv, dies_by=signal.SIGTERM)
        else:
            role = roles.Gateway(port=self.port, backends=str(self._file), log=str(self.log), timeout=TIMEOUT)
            part = await self._crew.start_part("gateway", role)
        self.part = part
        await until_open(part, self.port)

    async def serve(self, backends: Sequence[roles.Backend]) -> None:
        """Serve these pods from now on; requests under way are finished by the old ones."""
        self._write(backends)
        assert self.part is not None
        self.part.process.send_signal(signal.SIGHUP)
        await asyncio.sleep(SETTLE)

    def _write(self, backends: Sequence[roles.Backend]) -> None:
        if self._nginx:
            self._file.write_text(nginx_configuration(backends, self._folder, self.log, self.port))
        else:
            self._file.write_bytes(msgspec.json.encode(list(backends)))


def nginx_configuration(backends: Sequence[roles.Backend], folder: Path, log: Path, port: int) -> str:
    """The configuration in which these pods are served."""
    people = [each for each in backends if each.environment != Environment.PREPRODUCTION]
    tester = [each for each in backends if each.environment == Environment.PREPRODUCTION]
    known = " ".join(f'"{LOOPBACK}:{each.port}" "{each.environment} {each.version} {each.pod}";' for each in backends)
    places = {"folder": folder, "log": log, "port": port, "host": LOOPBACK, "timeout": int(TIMEOUT)}
    return NGINX.format(**places, known=known, people=_servers(people), tester=_servers(tester))


def _servers(backends: Sequence[roles.Backend]) -> str:
    """The servers of an upstream; one that is always down where there is none, as nginx wants at least one."""
    if not backends:
        return f"server {LOOPBACK}:1 down;"
    return " ".join(f"server {LOOPBACK}:{each.port} weight={each.weight} max_fails=0;" for each in backends)
