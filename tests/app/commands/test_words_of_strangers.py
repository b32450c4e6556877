"""What strangers wrote, in the terminal of whoever reads it."""

from __future__ import annotations

import httpx
import pytest
from typer.testing import CliRunner

from kuaihui.app.cli import command_line

EVIL = "\x1b]0;owned\x07\x1b[2J\u202eP1 resolved\x9b2J"


@pytest.mark.parametrize("status", [200, 409])
def test_a_terminal_obeys_nothing_that_an_alert_is_called(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"lines": [EVIL]} if status == 200 else {"errors": [{"path": "", "message": EVIL}]}
    monkeypatch.setattr(httpx.Client, "request", lambda *_, **__: httpx.Response(status, json=told))
    said = CliRunner().invoke(command_line("why"), ["why", "x"]).output

    assert "P1 resolved" in said
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said.replace("\x1b[31m", "").replace("\x1b[0m", ""))
