"""Two runs of one drill beside each other."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from kuaihui.briefing.grade import Grade
from kuaihui.language import Text


class Compared(msgspec.Struct, frozen=True):
    """Points then and now, clocks that got quicker or slower, reasons that are gone or new."""

    before: int
    now: int
    clocks: tuple[tuple[Text, timedelta | None, timedelta | None], ...]
    gone: tuple[Text, ...]
    new: tuple[Text, ...]


def compared(before: Grade, now: Grade) -> Compared:
    """This run beside the last one."""
    then = {clock.name: clock.spent for clock in before.clocks}
    was, is_so = [one.why for one in before.off], [one.why for one in now.off]
    return Compared(
        before.points(),
        now.points(),
        tuple((clock.says, then.get(clock.name), clock.spent) for clock in now.clocks),
        tuple(why for why in was if why not in is_so),
        tuple(why for why in is_so if why not in was),
    )
