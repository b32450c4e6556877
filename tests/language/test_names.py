"""Names in sentences: kinds may share an id, and each is shown by its own name."""

from __future__ import annotations

from kuaihui.language import say, text

NAMES = {"commander": "值班人", "role:commander": "总指挥", "rota:commander": "指挥值班"}


def test_kinds_that_share_an_id_are_each_shown_by_their_own_name() -> None:
    said = text("{role}: {person}", role="@role:commander", person="@commander")
    assert say(said, "zh", NAMES) == "总指挥：值班人"
    assert say(text("{rota}", rota="@rota:commander"), "zh", NAMES) == "指挥值班"


def test_an_entry_that_is_gone_is_shown_by_its_id_and_never_by_the_name_of_another() -> None:
    assert say(text("{guide}", guide="@guide:commander"), "en", NAMES) == "commander"
    assert say(text("{role}", role="@role:指挥"), "zh", NAMES) == "指挥"


def test_a_person_is_known_with_their_kind_and_without() -> None:
    assert say(text("{one}, {other}", one="@person:commander", other="@commander"), "en", NAMES) == "值班人, 值班人"


def test_what_somebody_wrote_is_no_id() -> None:
    assert say(text("{words}", words="@role 看一下"), "zh", NAMES) == "@role 看一下"
