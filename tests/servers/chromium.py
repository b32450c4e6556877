"""
Debian's Chromium, started by ourselves and driven by Playwright.

Rule 1: the browser reaches loopback and nothing else, so a page that asks the outside for anything fails its test.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator

from playwright.async_api import Browser, async_playwright

from tests.servers.missing import program
from tests.servers.process import HOST, Server, new_folder, running

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}, EXCLUDE localhost",
    "--no-proxy-server",
    "--remote-debugging-port=0",
    "about:blank",
)


@contextlib.contextmanager
def running_chromium(*flags: str) -> Iterator[Server]:
    """A browser with a new, empty profile, and these flags too; its url is where Playwright connects."""
    with new_folder("chromium") as folder:
        # Chromium writes the port it chose on this file's first line.
        chosen, log = folder / "DevToolsActivePort", folder / "log"
        command = [program("chromium", "chromium"), f"--user-data-dir={folder}", *flags, *FLAGS]
        with running(command, log=log, ready=lambda: chosen.exists() and chosen.read_text().count("\n") > 0) as pid:
            port = int(chosen.read_text().splitlines()[0])
            yield Server(f"http://{HOST}:{port}", port, pid, folder, log)


@contextlib.asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Browser]:
    """The browser as Playwright drives it; the contexts opened through it are closed afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(server.url)
        try:
            yield browser
        finally:
            await browser.close()
