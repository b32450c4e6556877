"""People in front of their browsers."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}


@dataclass
class Seat:
    """Somebody's browser: what its page complained of is kept."""

    page: Page
    complaints: list[str] = field(default_factory=list[str])

    def hears(self, message: ConsoleMessage) -> None:
        """Keeps what the browser complains of, and where."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location['url']}")

    async def presses(self, words: str) -> None:
        """Presses the first visible button of this name."""
        await self.page.get_by_role("button", name=words, exact=True).locator("visible=true").first.click()

    async def sees(self, words: str, within: str = "main") -> None:
        """Waits until these words are to be seen."""
        await self.page.locator(within).get_by_text(words).locator("visible=true").first.wait_for(timeout=20_000)  # a busy machine

    async def says(self, words: str) -> None:
        """Writes in the topic."""
        await self.page.fill("#say-words", words)
        await self.presses("发送")


async def sits_down(
    browser: Browser, address: str, person: str = "", *, phone: bool = False, dark: bool = False, language: str = "zh", script: bool = True
) -> Seat:
    """Somebody opens a browser of their own and says who they are."""
    context = await browser.new_context(
        viewport=PHONE if phone else DESK,
        locale="zh-CN" if language == "zh" else "en-US",
        color_scheme="dark" if dark else "light",
        has_touch=phone,
        java_script_enabled=script,
    )
    await context.add_cookies([{"name": "kuaihui_language", "value": language, "url": address}])
    seat = Seat(await context.new_page())
    seat.page.set_default_timeout(20_000)
    seat.page.on("console", seat.hears)
    seat.page.on("pageerror", lambda error: seat.complaints.append(str(error)))
    if person:
        await seat.page.goto(f"{address}/sign-in")
        await seat.page.click(f'button[value="{person}"]')
        await seat.page.wait_for_url(f"{address}/")
    return seat
