"""Files of Markdown that begin with what they are, in YAML between two lines of `---`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kuaihui.catalog.sheets import Sheet, read_sheet
from kuaihui.catalog.sources import Sources
from kuaihui.language import Text

_EDGE = "---"


class Page(NamedTuple):
    """Such a file: its lines, of which number `end` (from 0) is the second edge, and its front matter; None where that has faults."""

    file: str
    lines: list[str]
    end: int
    head: Sheet | None

    @property
    def body(self) -> str:
        """What stands below the front matter."""
        return "\n".join(self.lines[self.end + 1 :]).strip("\n")


def read_page(path: Path, sources: Sources, wrong: Text, remedy: Text) -> Page | None:
    """The file at this path; None where it cannot be read or has no front matter (`wrong`), which is then among the sources' faults."""
    file, words = sources.name(path), sources.text_of(path)
    if words is None:
        return None
    lines = words.split("\n")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _EDGE), 0) if lines[0].rstrip() == _EDGE else 0
    if not end:
        sources.fault((file, 1), "no_front_matter", wrong, remedy)
        return None
    return Page(file, lines, end, read_sheet("\n".join(lines[1:end]), file, sources.faults.append, first=2))
