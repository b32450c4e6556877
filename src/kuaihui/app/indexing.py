"""
Keeping the index of words in step with the facts.

Rule 1: it follows the journal, and holds up nobody who writes; whoever searches waits until it has caught up.
Rule 2: it can be made anew from the first record at any time.
"""

from __future__ import annotations

from typing import Final

from kuaihui.briefing.words import words_of
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.facts import decode
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import Journal
from kuaihui.journal.words import Worded, tokens
from kuaihui.language import LANGUAGES

PAGE: Final = 500


async def catch_up(journal: Journal, catalog: Catalog) -> int:
    """Index everything that was not; how many facts that were."""
    position, count = await journal.indexed(), 0
    names = {language: catalog.names(language) for language in LANGUAGES}
    while records := await journal.after(position, PAGE):
        await journal.index([_worded(record, names) for record in records])
        position, count = records[-1].position, count + len(records)
    return count


async def make_anew(journal: Journal, catalog: Catalog) -> int:
    """Throw the index away and make it again: after names have changed; how many facts are in it."""
    await journal.index([], anew=True)
    return await catch_up(journal, catalog)


def _worded(record: Record, names: dict[str, dict[str, str]]) -> Worded:
    return Worded(record.position, record.incident, record.number, tokens(words_of(record.incident, decode(record.body), names)))
