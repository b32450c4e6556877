"""The commands of the repair: each is the deed that it says, told to a running house."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from kuaihui.app.cli import command_line
from kuaihui.app.commands import repairing

CASES: list[tuple[list[str], dict[str, Any]]] = [
    (["report", "I1"], {"deed": "Report", "words": ""}),
    (["report", "I1", "定位中"], {"deed": "Report", "words": "定位中"}),
    (
        ["propose", "I1", "加缓存", "--effect", "快", "--way-back", "关"],
        {"deed": "Propose", "what": "加缓存", "effect": "快", "risk": "", "way_back": "关"},
    ),
    (["choose", "I1", "1", "风险最小"], {"deed": "ChooseProposal", "proposal": "1", "reason": "风险最小"}),
    (["choose", "I1", "2", "--drop"], {"deed": "DropProposal", "proposal": "2", "reason": ""}),
    (
        ["hotfix", "I1", "加缓存", "--branch", "hotfix/c"],
        {"deed": "StartHotfix", "title": "加缓存", "branch": "hotfix/c", "link": "", "proposal": ""},
    ),
    (
        ["hotfix", "I1", "--rollback-of", "H1"],
        {"deed": "StartHotfix", "title": "", "branch": "", "link": "", "proposal": "", "kind": "rollback", "back_of": "H1"},
    ),
    (["hotfix", "I1", "换个办法", "--stop", "H1"], {"deed": "StopHotfix", "hotfix": "H1", "reason": "换个办法"}),
    (["gate", "I1", "passed"], {"deed": "PassGate", "gate": "", "hotfix": "", "reason": ""}),
    (
        ["gate", "I1", "skipped", "test", "--hotfix", "H1", "--reason", "只改文案"],
        {"deed": "SkipGate", "gate": "test", "hotfix": "H1", "reason": "只改文案"},
    ),
]


class Heard:
    """A house that remembers what it was told."""

    def __init__(self, person: str = "") -> None:
        self.person = person

    told: list[tuple[str, object]] = []

    def post(self, path: str, body: object) -> dict[str, list[dict[str, str]]]:
        self.told.append((path, body))
        return {"facts": [{"said": "so it is"}]}


@pytest.mark.parametrize("words, deed", CASES, ids=[" ".join(words) for words, _ in CASES])
def test_a_command_is_the_deed_it_says(words: list[str], deed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairing, "Talk", Heard)
    Heard.told.clear()
    answer = CliRunner().invoke(command_line(words[0]), words)

    assert (answer.exit_code, answer.output) == (0, "so it is\n")
    assert Heard.told == [("/api/v1/incidents/I1/deeds", deed)]
