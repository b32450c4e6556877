"""Who the stage tells: a real HTTP server that keeps what it was posted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from kuaihui.app.drill.stage.hooks import Hooks
from kuaihui.app.drill.stage.roles import Receiver


@dataclass
class Heard:
    """What came to which path, and by whose token."""

    port: int = 0
    posts: list[tuple[str, object, str]] = field(default_factory=list)

    def at(self, path: str) -> list[object]:
        return [body for where, body, _ in list(self.posts) if where == path]

    @property
    def alerts(self) -> list[dict[str, dict[str, str]]]:
        return [alert for body in self.at("/api/v2/alerts") for alert in body]  # type: ignore[attr-defined]  # JSON of the test's own making

    def hooks(self) -> Hooks:
        url = f"http://127.0.0.1:{self.port}"
        return Hooks(
            alerts=Receiver(url=f"{url}/api/v2/alerts", token="for-alerts"),
            webhook=Receiver(url=f"{url}/hooks/alertmanager", token="for-webhook"),
            changes=Receiver(url=f"{url}/hooks/changes", token="for-changes"),
        )


@contextmanager
def receiver() -> Iterator[Heard]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.posts.append((self.path, body, self.headers.get("authorization", "")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
