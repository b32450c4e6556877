"""The document: made from the team's template, shared and pinned, kept in step line by line with what people write in it."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from kuaihui.emulators.feishu import docx
from kuaihui.emulators.feishu.office import ALERT_GROUP
from kuaihui.emulators.feishu.papers import Document
from kuaihui.incident.room import DocumentCreated, DocumentEdited, DocumentKept, DocumentPinned
from kuaihui.intake import signals
from kuaihui.integrations.feishu.client.blocks import Block, Kind
from kuaihui.integrations.feishu.desk import Places
from kuaihui.integrations.feishu.paper import Line, joined, line_of, lines_of, parts_of
from tests.integrations.feishu.team import Team, at_work


async def document(team: Team) -> Document:
    created = (await team.timeline()).last(DocumentCreated)
    assert created
    return team.world.documents[created.reference]


def words(paper: Document, section: str = "") -> list[str]:
    """What stands in the document, or in one section of it."""
    top = [paper.blocks[one] for one in docx.children(paper.blocks[paper.token])]
    said = [(cast("int", block["block_type"]), docx.words(block)) for block in top]
    if not section:
        return [line for _, line in said]
    begin = next(at for at, (_, line) in enumerate(said) if line == section) + 1
    end = next((at for at in range(begin, len(said)) if said[at][0] == docx_heading()), len(said))
    return [line for _, line in said[begin:end]]


def docx_heading() -> int:
    return int(Kind.HEADING1)


def writes(team: Team, paper: Document, text: str, *, under: str, kind: Kind = Kind.TEXT) -> str:
    """Somebody puts a block at the beginning of a section; its id."""
    page = paper.blocks[paper.token]
    field = {Kind.TEXT: "text", Kind.BULLET: "bullet", Kind.IMAGE: "image"}[kind]
    said: dict[str, Any] = {} if kind is Kind.IMAGE else {"elements": [{"text_run": {"content": text}}]}
    block = docx.put(team.world, paper, page, {"block_type": int(kind), field: said})
    at = next(at for at, one in enumerate(docx.children(page)) if docx.words(paper.blocks[one]) == under) + 1
    docx.place(page, [cast("str", block["block_id"])], at)
    return cast("str", block["block_id"])


async def test_it_is_a_copy_of_the_teams_template_shared_with_the_group_at_once(team: Team) -> None:
    await team.rings(0.10)
    paper = await document(team)

    assert paper.title == "IR-20230311-配置中心500"
    assert paper.members[ALERT_GROUP] == "edit"
    assert words(paper)[:2] == ["概况", "服务：配置中心"]
    assert "排查" in words(paper), "the template's own heading stays"
    assert "角色" in words(paper), "a heading that the template lacks is added"


async def test_without_a_template_it_is_made_from_the_catalogs() -> None:
    async with at_work(places=Places(chat=ALERT_GROUP)) as team:
        await team.rings(0.10)
        await team.passes(seconds=5)
        paper = await document(team)

        assert paper.title == "IR-20230311-配置中心500"
        assert [line for line in words(paper) if line in ("概况", "影响", "角色", "时间线", "发现与证据")] == [
            "概况",
            "影响",
            "角色",
            "时间线",
            "发现与证据",
        ]


async def test_it_is_pinned_on_top_and_a_tab_of_the_group(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    chat = team.world.chats[ALERT_GROUP]

    assert (await team.timeline()).has(DocumentPinned)
    assert [docx_said(team, pin) for pin in team.world.pins] == [True]
    assert next(iter(team.world.pins)) in str(chat.top_notice)
    assert [tab.kind for tab in chat.tabs if tab.kind == "doc"] == ["doc"]


def docx_said(team: Team, message: str) -> bool:
    return "IR-20230311-配置中心500" in team.world.messages[message].content


async def test_what_happens_is_added_without_touching_what_stands(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    paper = await document(team)
    before = {one: docx.words(block) for one, block in paper.blocks.items()}
    await team.acks("axin")
    await team.passes(seconds=30)
    after = {one: docx.words(block) for one, block in paper.blocks.items()}
    changed = {before[one] for one in before if after.get(one) != before[one]}

    assert any("阿新接手" in line for line in words(paper, "时间线"))
    assert changed <= {"状态：待接手", "暂无"}, "only lines that say something else now are changed, in their own blocks"


async def test_what_a_person_writes_comes_into_the_timeline_and_stays(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    paper = await document(team)
    block = writes(team, paper, "约 15% 的登录失败", under="影响")
    note = writes(team, paper, "阿茂：网关也要看", under="时间线", kind=Kind.BULLET)
    await team.acks("axin")
    await team.passes(seconds=30)
    await team.does(signals.Mitigate(person="xiaomei"))
    await team.passes(seconds=30)
    edits = {fact.section: fact.words for fact in (await team.timeline()).all(DocumentEdited)}

    assert "约 15% 的登录失败" in edits["impact"].replace("\\", "")
    assert "阿茂：网关也要看" in edits["timeline"]
    assert (docx.words(paper.blocks[block]), docx.words(paper.blocks[note])) == ("约 15% 的登录失败", "阿茂：网关也要看")
    assert words(paper).count("约 15% 的登录失败") == words(paper).count("阿茂：网关也要看") == 1
    assert any("缓解" in line for line in words(paper, "时间线")), words(paper, "时间线")
    assert len((await team.timeline()).all(DocumentEdited)) == 2, "the same words are taken over once"


async def test_a_line_that_a_person_takes_out_stays_out(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    paper = await document(team)
    page = paper.blocks[paper.token]
    gone = next(one for one in docx.children(page) if docx.words(paper.blocks[one]).startswith("影响了谁"))
    docx.children(page).remove(gone)
    del paper.blocks[gone]
    await team.acks("axin")
    await team.passes(seconds=30)

    assert words(paper, "影响") == []
    assert [fact.words for fact in (await team.timeline()).all(DocumentEdited)] == [""]


async def test_pictures_and_what_hangs_under_other_blocks_are_left_alone(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    paper = await document(team)
    picture = writes(team, paper, "", under="概况", kind=Kind.IMAGE)
    await team.passes(minutes=1)
    await team.rings(0.15)
    await team.acks("axin")
    await team.passes(seconds=30)

    assert picture in docx.children(paper.blocks[paper.token])
    assert any("15 %" in line for line in words(paper, "概况"))


async def test_an_edit_on_our_own_page_reaches_feishu(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    await team.does(
        signals.EditDocument(person="dazhuang", section="plan", words="- 回滚 **v2.3.1**\n- 或者 [扩容](https://wiki.example.org/a)")
    )
    await team.passes(seconds=30)
    paper = await document(team)
    bullets = [block for block in paper.blocks.values() if docx.words(block) in ("回滚 v2.3.1", "或者 扩容")]

    assert words(paper, "处理方案") == ["回滚 v2.3.1", "或者 扩容"]
    assert [block["block_type"] for block in bullets] == [12, 12]
    assert "https%3A%2F%2Fwiki.example.org%2Fa" in str(bullets)


async def test_what_the_template_says_in_a_section_is_kept() -> None:
    async with at_work() as team:
        template = team.world.documents[team.workplace.desk.places.template]
        writes(team, template, "（写给客户看的话）", under="影响")
        writes(team, template, "以下由快恢填写", under="时间线")
        await team.rings(0.10)
        await team.acks("axin")
        await team.passes(seconds=40)
        paper = await document(team)

        assert words(paper, "影响") == ["（写给客户看的话）"]
        assert words(paper, "时间线")[0] == "以下由快恢填写"
        assert any("接手" in line for line in words(paper, "时间线"))


async def test_reading_back_tells_who_wrote(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    writes(team, await document(team), "登录受影响", under="影响")
    (edit,) = await team.workplace.documents.read_back(await team.timeline(), team.now, "xiaomei")

    assert isinstance(edit, DocumentEdited)
    assert (edit.by, edit.section) == ("xiaomei", "impact")


async def test_people_may_write_with_ours_and_no_line_is_lost_after_a_restart(team: Team) -> None:
    await team.rings(0.10)
    await team.passes(seconds=30)
    paper = await document(team)
    for number in range(5):
        writes(team, paper, f"第 {number} 条", under="发现与证据", kind=Kind.BULLET)
        await team.says("amao", f"看到 {number}")
        await team.passes(seconds=15)

    assert [line for line in words(paper, "发现与证据") if line.startswith("第")] == [f"第 {number} 条" for number in reversed(range(5))]
    assert sum("看到" in line for line in words(paper, "时间线")) == 5
    assert (await team.timeline()).has(DocumentKept)


MARKDOWN = [
    ("- **11:00:00** 5\\_xx `GET /a` [图](https://a.example/b?c=d)", Kind.BULLET, "11:00:00 5_xx GET /a 图"),
    ("> 影响了谁", Kind.QUOTE, "影响了谁"),
    ("1. 先回滚", Kind.ORDERED, "先回滚"),
    ("- [ ] 补预案", Kind.TODO, "补预案"),
    ("### 小结", Kind.HEADING3, "小结"),
    ("一句话", Kind.TEXT, "一句话"),
    ("  - 缩进的", Kind.BULLET, "缩进的"),
]


@pytest.mark.parametrize("written, kind, said", MARKDOWN, ids=[kind.name + said for _, kind, said in MARKDOWN])
def test_a_line_of_markdown_is_a_block(written: str, kind: Kind, said: str) -> None:
    (line,) = lines_of(written)

    assert (line.kind, line.words) == (kind, said)
    assert "".join(one.text_run.content for one in line.elements if one.text_run) == said


def test_a_block_as_markdown_is_the_same_block() -> None:
    written = "- 5*xx* 和 <at> [x](y) `z` \\ ~ |"
    block = Block.__struct_fields__ and line_of(_bullet(written), 3)

    assert isinstance(block, Line)
    assert lines_of(block.markdown)[0].same == block.same


def _bullet(words_: str) -> Block:
    return msgspec.convert({"block_id": "b", "block_type": 12, "bullet": {"elements": [{"text_run": {"content": words_}}]}}, Block)


def test_paragraphs_are_told_apart_and_lists_stand_together() -> None:
    assert joined(["一", "二", "- 甲", "- 乙", "> 引"]) == "一\n\n二\n\n- 甲\n- 乙\n\n> 引"


def test_a_section_ends_where_a_heading_no_deeper_begins() -> None:
    def made(number: int, kind: int, field: str, said: str) -> dict[str, Any]:
        return {"block_id": f"b{number}", "block_type": kind, field: {"elements": [{"text_run": {"content": said}}]}}

    blocks = [
        {"block_id": "page", "block_type": 1, "children": ["b1", "b2", "b3", "b4", "b5"]},
        made(1, 3, "heading1", "影响"),
        made(2, 2, "text", "甲"),
        made(3, 5, "heading3", "细节"),
        made(4, 3, "heading1", "附录"),
        made(5, 2, "text", "不归我们管"),
    ]
    parts = parts_of(msgspec.convert(blocks, list[Block]), ["影响", "时间线"])

    assert list(parts) == ["影响"]
    assert ([line.words for line in parts["影响"].lines], parts["影响"].end) == (["甲", "细节"], 3)
