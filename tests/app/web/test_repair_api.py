"""The repair over the API: proposals with their decisions, hotfixes at their gates, the draft of the report."""

from __future__ import annotations

from tests.app.web.acted import Acted


async def test_proposals_are_listed_with_what_was_decided(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("xiaomei", incident, "Propose", what="加缓存", effect="不打 Redis", risk="晚 5 秒", way_back="关开关")
    await stage.does("ayi", incident, "Propose", what="扩容")
    await stage.does("amao", incident, "ChooseProposal", proposal="1", reason="风险最小")
    async with stage.client("amao") as http:
        listed = (await http.get(f"/api/v1/incidents/{incident}/proposals")).json()["proposals"]

    assert [(one["proposal"], one["what"], one["decision"]) for one in listed] == [("1", "加缓存", "chosen"), ("2", "扩容", "")]
    assert (listed[0]["effect"], listed[0]["risk"], listed[0]["way_back"]) == ("不打 Redis", "晚 5 秒", "关开关")


async def test_a_hotfix_is_shown_at_its_gate_with_its_owner(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("xiaomei", incident, "StartHotfix", title="加缓存", branch="hotfix/cache")
    await stage.does("xiaomei", incident, "PassGate", link="https://git.example.org/42")
    await stage.does("xiaomei", incident, "SkipGate", gate="unit-tests", reason="只改配置")
    async with stage.client("amao") as http:
        (shown,) = (await http.get(f"/api/v1/incidents/{incident}/hotfixes")).json()["hotfixes"]

    assert (shown["hotfix"], shown["state"], shown["at"], shown["branch"]) == ("H1", "running", "review", "hotfix/cache")
    assert [gate["state"] for gate in shown["gates"]][:4] == ["passed", "skipped", "waiting", "waiting"]
    assert (shown["gates"][0]["link"], shown["gates"][2]["owner"]) == ("https://git.example.org/42", "amao")


async def test_a_gate_is_not_skipped_without_a_reason(stage: Acted) -> None:
    incident = await stage.rings()
    await stage.does("xiaomei", incident, "StartHotfix", title="加缓存")
    async with stage.client("xiaomei") as http:
        refused = await http.post(f"/api/v1/incidents/{incident}/deeds", json={"deed": "SkipGate", "gate": "code"})

    assert refused.status_code >= 400


async def test_the_draft_is_what_a_report_without_words_says(stage: Acted) -> None:
    incident = await stage.rings(0.15)
    async with stage.client("dazhuang") as http:
        draft = (await http.get(f"/api/v1/incidents/{incident}/report")).json()
        await stage.does("dazhuang", incident, "Report")
        after = (await http.get(f"/api/v1/incidents/{incident}/report")).json()

    assert draft["to"] == ["laozhou"]
    assert "15 %" in draft["words"]
    assert (len(draft["given"]), len(after["given"])) == (0, 1)
