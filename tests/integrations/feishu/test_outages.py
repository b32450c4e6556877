"""An outage in Feishu in which something goes wrong once: each call refused, each answer lost, the house killed at any call."""

from __future__ import annotations

import os
from datetime import timedelta

import msgspec
import pytest

from kuaihui.emulators.feishu.faults import CallFault
from tests.integrations.feishu.outage import live, wrongs
from tests.integrations.feishu.team import at_work
from tests.integrations.feishu.troubles import WAYS, troubled

# An outage has about this many calls, and at least so many; a run gives trouble at one in so many of them, CI at others each day.
CALLS, FEWEST, SLICES = 155, 120, 31
SLICE = int(os.environ.get("KUAIHUI_SLICE", "0")) % SLICES
# Every write that the outage makes; reads are asked again by the client itself.
WRITES = (
    "im.v1.message.create",
    "im.v1.message.reply",
    "im.v1.message.patch",
    "im.v1.message.urgent_app",
    "im.v1.chat_members.create",
    "im.v1.pin.create",
    "im.v1.chat_top_notice.put_top_notice",
    "im.v1.chat_tab.create",
    "drive.v1.file.copy",
    "drive.v1.file.new_comments",
    "docx.v1.document.create",
    "drive.v1.permission_member.create",
    "docx.v1.document_block_children.create",
    "docx.v1.document_block_children.batch_delete",
    "docx.v1.document_block.batch_update",
    "docx.v1.document_block.list",
    "vc.v1.reserve.apply",
)


async def outage(*faults: CallFault) -> list[str]:
    """Live an outage with these faults in it; what is wrong at its end."""
    async with at_work(patience=timedelta(0)) as team:
        team.world.faults.calls += faults
        await live(team, [])
        return await wrongs(team)


async def test_nothing_goes_wrong() -> None:
    assert await outage() == []


@pytest.mark.parametrize("kind", ["lost_answer", "html_502"])
@pytest.mark.parametrize("operation", WRITES)
async def test_each_call_fails_once(operation: str, kind: str) -> None:
    assert await outage(msgspec.convert({"kind": kind, "operation": operation}, CallFault)) == []


@pytest.mark.parametrize("kind", ["lost_answer", "rate_limited", "html_502", "expired_token", "refused_connection"])
async def test_every_operation_fails_once_in_one_outage(kind: str) -> None:
    assert await outage(*(msgspec.convert({"kind": kind, "operation": operation}, CallFault) for operation in WRITES)) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("call", range(SLICE + 1, CALLS, SLICES))
async def test_trouble_at_one_call_does_no_harm(call: int, way: str) -> None:
    """One slice of all calls; `make outages` takes them all, `KUAIHUI_SLICE=7 make test T=…` this one again."""
    calls, wrong = await troubled(call, way)

    assert (wrong, calls >= min(call, FEWEST)) == ([], True)
