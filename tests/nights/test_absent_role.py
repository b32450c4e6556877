"""A role whose holder is absent passes to somebody present, with the reason."""

from __future__ import annotations

from kuaihui.incident.holders import parts
from kuaihui.incident.pages import Ordered
from kuaihui.incident.roles import RoleGiven
from kuaihui.intake import signals
from kuaihui.orders import Tell
from tests.nights.night import Night


async def test_the_absent_communicator_is_replaced_on_evidence_and_becomes_the_second(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(minutes=1, seconds=20)
    await night.acks("dazhuang")
    assert parts(await night.timeline())["communicator"].asked == "axin"
    await night.passes(minutes=3)

    part = parts(await night.timeline())["communicator"]
    assert (part.holder, part.second) == ("dazhuang", "axin")
    words = [fact.order for fact in (await night.timeline()).all(Ordered) if isinstance(fact.order, Tell)]
    assert sorted(word.person for word in words if word.about == "role communicator") == ["axin", "dazhuang"]


async def test_who_has_read_the_question_is_not_absent(night: Night) -> None:
    await night.rings(0.10)
    await night.passes(seconds=30)
    await night.acks("dazhuang")
    await night.passes(seconds=30)
    await night.reads("axin")
    await night.passes(minutes=5)

    assert not parts(await night.timeline())["communicator"].holder


async def test_who_took_the_role_keeps_it_however_quiet_they_work(night: Night) -> None:
    await night.rings(0.10)
    await night.acks("dazhuang")
    await night.does(signals.TakeRole(person="dazhuang", role="communicator"))
    await night.passes(minutes=14)

    assert parts(await night.timeline())["communicator"].holder == "dazhuang"


async def test_while_nobody_is_there_nothing_is_passed_on(night: Night) -> None:
    await night.rings(0.40)
    await night.passes(minutes=30)

    assert not (await night.timeline()).has(RoleGiven)


async def test_a_role_does_not_go_back_and_forth_between_two_who_have_gone_to_sleep(night: Night) -> None:
    await night.rings(0.10)
    await night.acks("dazhuang")
    await night.acks("axin")
    await night.reads("amao")
    await night.passes(minutes=60)

    given = [(fact.role, fact.person) for fact in (await night.timeline()).all(RoleGiven)]
    assert len(given) == len(set(given))
