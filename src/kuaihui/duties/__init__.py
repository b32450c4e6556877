"""What is due now: pure functions, one promise a file, in the order of an incident's life."""

from __future__ import annotations

from typing import Final

from kuaihui.duties import (
    fill_the_roles,
    keep_everyone_informed,
    open_the_room,
    page_the_oncall,
    raise_the_severity,
    replace_the_absent,
    watch_the_recovery,
)
from kuaihui.duties.due import Duty

ROSTER: Final[tuple[Duty, ...]] = (
    raise_the_severity.due,
    page_the_oncall.due,
    open_the_room.due,
    fill_the_roles.due,
    replace_the_absent.due,
    watch_the_recovery.due,
    keep_everyone_informed.due,
)
