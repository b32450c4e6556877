"""The review as a PDF: A4, in Chinese with a font of this machine."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from fpdf import FPDF, FontFace, TextStyle
from markdown_it import MarkdownIt

from kuaihui.briefing.pictures import chinese_font
from kuaihui.errors import Refused
from kuaihui.language import text

_FAMILY: Final = "kuaihui"
_INK: Final = (31, 35, 41)
_BLUE: Final = (36, 91, 219)
_HEADINGS: Final = {"h1": (20, 0, 0.3), "h2": (14, 7, 0.3), "h3": (12, 5, 0.2)}  # points; millimetres before, lines after
# What no font of text has: fpdf2 would leave a box with a warning.
_PICTOGRAPHS: Final = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")


class _Page(FPDF):
    """A page with its number below."""

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(_FAMILY, size=8)
        self.set_text_color(143, 149, 158)
        self.cell(0, 6, f"{self.page_no()} / {{nb}}", align="C")


def review_pdf(title: str, markdown: str) -> bytes:
    """The Markdown as PDF. Raises Refused where this machine has no font with Chinese."""
    font = chinese_font()
    if font is None:
        raise Refused(text("a PDF needs a font with Chinese on this machine: install one, like fonts-noto-cjk"))
    page = _Page(format="A4")
    page.add_font(_FAMILY, fname=font[0], collection_font_number=font[1])
    page.set_title(title)
    page.set_creator("Kuaihui")
    page.set_margins(18, 16)
    page.set_auto_page_break(auto=True, margin=18)
    page.add_page()
    page.set_font(_FAMILY, size=10)
    page.set_text_color(*_INK)
    page.write_html(_html(markdown), tag_styles=_styles(), ul_bullet_char="\u2022", li_prefix_color=_INK, font_family=_FAMILY)
    return bytes(page.output())


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def _html(markdown: str) -> str:
    """What fpdf2 draws. The font is embedded in one weight: loading another would take as long again, for a few bold words."""
    html = _reader().render(_PICTOGRAPHS.sub("", markdown))
    html = re.sub(r"</?(strong|em|s|code|p)>", lambda found: "" if found[1] != "p" else found[0], html)
    html = html.replace("<table>", '<table border="1" width="100%">').replace("<th>", "<td>").replace("</th>", "</td>")
    return html.replace("<ul>", '<ul line-height="1.5">')


def _styles() -> dict[str, FontFace]:
    heading = {
        tag: TextStyle(font_family=_FAMILY, font_style="", font_size_pt=size, color=_INK, t_margin=before, b_margin=after)
        for tag, (size, before, after) in _HEADINGS.items()
    }
    return {**heading, "a": FontFace(family=_FAMILY, emphasis="", color=_BLUE)}
