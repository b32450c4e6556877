"""What is asked for in the docx by a comment, the answers to it, and the review that stands in Feishu too."""

from __future__ import annotations

import msgspec
import pytest

from kuaihui.emulators.feishu import docx
from kuaihui.emulators.feishu.faults import CallFault
from kuaihui.emulators.feishu.office import ALERT_GROUP
from kuaihui.emulators.feishu.papers import Comment
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Answered
from kuaihui.incident.room import AskedInDocument, DocumentCreated, DocumentEdited, DocumentKept
from kuaihui.intake import signals
from kuaihui.integrations.feishu.desk import Places
from tests.integrations.feishu.team import Team, at_work
from tests.integrations.feishu.test_documents import document, words, writes


async def mitigated(team: Team) -> None:
    """The story until users are no longer hurt, and two minutes more."""
    await team.rings(0.10)
    await team.acks("dazhuang")
    await team.does(signals.TakeRole(person="xiaomei", role="recovery-lead"))
    await team.passes(seconds=30)
    await team.does(signals.Mitigate(person="xiaomei", reason="已回滚"))
    await team.passes(minutes=2, seconds=5)


async def closed(team: Team) -> None:
    await team.rings(0.10)
    await team.acks("dazhuang")
    await team.does(signals.TakeRole(person="xiaomei", role="recovery-lead"))
    await team.clears()
    await team.does(signals.Resolve(person="amao"))
    await team.passes(minutes=40)


def shown(comment: Comment) -> str:
    return "".join(
        str(part["text_run"]["text"]) if "text_run" in part else f"@{part['person']['user_id']}"  # type: ignore[index,call-overload]
        for part in comment.replies[0].elements
    )


async def test_whoever_knows_is_asked_at_the_blank_section_and_in_the_topic(team: Team) -> None:
    await mitigated(team)
    paper = await document(team)
    (comment,) = paper.comments
    (asked,) = (await team.timeline()).all(AskedInDocument)

    assert docx.words(paper.blocks[comment.block_id]) == "影响"
    assert shown(comment) == "“影响”还没人写，你最清楚：请直接写在这里，或者回复这条批注。@ou_xiaomei"
    assert (asked.by, asked.comment, asked.reference) == ("feishu", comment.comment_id, paper.token)
    (told,) = [one for one in team.in_group() if "还空着，已请" in one.content]
    assert "ou_xiaomei" in str(told.mentions)


async def test_what_a_person_has_written_is_not_asked_for(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    writes(team, await document(team), "约 15% 的登录失败", under="影响")
    await team.acks("dazhuang")
    await team.passes(seconds=30)
    await team.does(signals.Mitigate(person="xiaomei", reason="已回滚"))
    await team.passes(minutes=5)

    assert not (await document(team)).comments
    assert not (await team.timeline()).has(AskedInDocument)


@pytest.mark.parametrize("operation", ["drive.v1.file.new_comments", "drive.v1.file_comment.list"])
@pytest.mark.parametrize("kind", ["lost_answer", "html_502", "rate_limited"])
async def test_it_is_asked_once_whatever_is_lost_on_the_way(team: Team, operation: str, kind: str) -> None:
    team.world.faults.calls.append(msgspec.convert({"kind": kind, "operation": operation}, CallFault))
    await mitigated(team)
    await team.passes(minutes=3)

    assert len((await document(team)).comments) == 1
    assert len((await team.timeline()).all(AskedInDocument)) == 1


async def test_where_the_newer_call_is_not_there_the_whole_document_is_commented(team: Team) -> None:
    gone = {"kind": "error", "operation": "drive.v1.file.new_comments", "code": 1, "http": 404, "times": 9}
    team.world.faults.calls.append(msgspec.convert(gone, CallFault))
    await mitigated(team)
    (comment,) = (await document(team)).comments

    assert (comment.block_id, "影响" in shown(comment)) == ("", True)


async def test_what_feishu_does_not_take_is_asked_on_our_own_page(team: Team) -> None:
    forbidden = {"kind": "error", "operation": "drive.v1.file*comment*", "code": 1069303, "http": 403, "times": 9}
    team.world.faults.calls.append(msgspec.convert(forbidden, CallFault))
    await mitigated(team)

    assert [one.by for one in (await team.timeline()).all(AskedInDocument)] == ["builtin"]


# -- the review ----------------------------------------------------------------------------------------------------------------------------


async def test_the_review_is_a_docx_of_its_own_shared_and_linked_in_the_topic(team: Team) -> None:
    await closed(team)
    timeline = await team.timeline()
    drafted = timeline.last(ReviewDrafted)
    assert drafted
    review = team.world.documents[drafted.reference]

    assert (drafted.by, review.title) == ("feishu", "复盘-20230311-配置中心500")
    assert drafted.reference != (await document(team)).token
    assert review.members[ALERT_GROUP] == "edit"
    assert [line for line in words(review) if line in ("摘要", "影响", "怎么响应的", "原因", "改进项")] == [
        "摘要",
        "影响",
        "怎么响应的",
        "原因",
        "改进项",
    ]
    assert not [line for line in words(review) if "---" in line], "a table's dashes are no line"
    assert [one for one in team.in_group() if drafted.link in one.content]
    assert [docx.words(review.blocks[one.block_id]) for one in review.comments] == ["原因"]


async def test_the_review_is_copied_from_the_teams_own_template() -> None:
    async with at_work(places=Places(chat=ALERT_GROUP, templates={"review": "doxreview"})) as team:
        theirs = docx.empty(team.world, "复盘模板", "ou_amao")
        theirs.members[ALERT_GROUP] = "edit"
        team.world.documents["doxreview"] = theirs
        await closed(team)
        drafted = (await team.timeline()).last(ReviewDrafted)
        copies = [call for call in team.world.calls if call.operation == "drive.v1.file.copy"]

        assert drafted
        assert drafted.by == "feishu"
        assert len(copies) == 1


async def test_what_people_write_in_the_review_stays_and_comes_back(team: Team) -> None:
    await closed(team)
    drafted = (await team.timeline()).last(ReviewDrafted)
    assert drafted
    review = team.world.documents[drafted.reference]
    block = writes(team, review, "连接池没有上限，热 key 打满了", under="原因")
    note = writes(team, review, "阿茂：这里要配图", under="摘要")
    await team.says("axin", "手机被偷了，刚看到")
    await team.passes(minutes=1)
    timeline = await team.timeline()
    edits = {fact.section: fact.words for fact in timeline.all(DocumentEdited) if fact.document == "review"}

    assert "连接池没有上限" in edits["root-cause"]
    assert {block, note} <= review.blocks.keys()
    assert words(review).count("连接池没有上限，热 key 打满了") == 1
    assert not [fact for fact in timeline.all(DocumentEdited) if fact.document == "" and "热 key 打满" in fact.words]
    assert {fact.reference for fact in timeline.all(DocumentKept)} == {(await document(team)).token, review.token}
    assert not [one for one in timeline.all(Answered) if one.by == "feishu" and one.outcome == "gave up"]


async def test_documents_left_to_our_own_pages_take_the_review_with_them() -> None:
    async with at_work() as team:
        for order in [one for one in team.workplace.carries if one.__name__ in ("CreateDocument", "DraftReview", "KeepDocument")]:
            del team.workplace.carries[order]
        await closed(team)
        drafted, created = (await team.timeline()).last(ReviewDrafted), (await team.timeline()).last(DocumentCreated)

        assert drafted
        assert created
        assert (drafted.by, created.by) == ("builtin", "builtin")
