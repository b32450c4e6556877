"""What is due now: pure functions, one promise a file, in the order of an incident's life."""

from __future__ import annotations

from typing import Final

from kuaihui.duties import (
    ask_for_what_is_blank,
    catch_up_the_late,
    chase_the_tasks,
    draft_the_review,
    fill_the_roles,
    follow_the_guide,
    follow_the_hotfix,
    inform_the_superior,
    keep_everyone_informed,
    keep_the_card,
    keep_the_document,
    match_the_runbooks,
    open_the_room,
    page_the_oncall,
    propose_the_mitigations,
    raise_the_severity,
    recall_the_similar,
    replace_the_absent,
    show_the_evidence,
    take_the_first_look,
    watch_the_recovery,
    weigh_the_changes,
    weigh_the_hypotheses,
)
from kuaihui.duties.due import Duty

ROSTER: Final[tuple[Duty, ...]] = (
    raise_the_severity.due,
    page_the_oncall.due,
    open_the_room.due,
    fill_the_roles.due,
    replace_the_absent.due,
    take_the_first_look.due,
    match_the_runbooks.due,
    follow_the_guide.due,
    weigh_the_changes.due,
    weigh_the_hypotheses.due,
    show_the_evidence.due,
    recall_the_similar.due,
    propose_the_mitigations.due,
    inform_the_superior.due,
    follow_the_hotfix.due,
    watch_the_recovery.due,
    chase_the_tasks.due,
    catch_up_the_late.due,
    draft_the_review.due,
    ask_for_what_is_blank.due,
    keep_everyone_informed.due,
    keep_the_card.due,
    keep_the_document.due,
)

# What a new incident cannot wait for: the rest is thought about once its pages are on their way.
URGENT: Final[tuple[Duty, ...]] = (raise_the_severity.due, page_the_oncall.due)
