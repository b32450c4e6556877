"""
Keeping the index of words in step with the facts.

Rule 1: it follows the journal, and holds up nobody who writes; whoever searches waits until it has caught up.
Rule 2: it can be made anew from the first record at any time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from kuaihui.briefing.words import words_of
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.facts import decode
from kuaihui.journal.chain import Record
from kuaihui.journal.journal import Journal
from kuaihui.journal.words import Worded, tokens
from kuaihui.language import LANGUAGES

log = logging.getLogger(__name__)

PAGE: Final = 500
# Seconds between two looks; a search looks for itself.
EVERY: Final = 5.0


async def catch_up(journal: Journal, catalog: Catalog) -> int:
    """Index everything that was not; how many facts that were."""
    position, count = await journal.indexed(), 0
    names = {language: catalog.names(language) for language in LANGUAGES}
    while records := await journal.after(position, PAGE):
        # In a thread: saying five hundred facts in two languages would hold up a page by some ten milliseconds.
        await journal.index(await asyncio.to_thread(_all_worded, records, names))
        position, count = records[-1].position, count + len(records)
    return count


async def make_anew(journal: Journal, catalog: Catalog) -> int:
    """Throw the index away and make it again: after names have changed; how many facts are in it."""
    await journal.index([], anew=True)
    return await catch_up(journal, catalog)


async def keep_up(journal: Journal, catalog: Callable[[], Catalog]) -> None:
    """Index what is new now and then, for ever, so that a search has little to catch up with."""
    while True:
        try:
            await catch_up(journal, catalog())
        except Exception:
            log.exception("the index of words could not be kept up; trying again")
        await asyncio.sleep(EVERY)


def _all_worded(records: Sequence[Record], names: dict[str, dict[str, str]]) -> list[Worded]:
    return [_worded(record, names) for record in records]


def _worded(record: Record, names: dict[str, dict[str, str]]) -> Worded:
    return Worded(record.position, record.incident, record.number, tokens(words_of(record.incident, decode(record.body), names)))
