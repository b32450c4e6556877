"""The pages of a running house stay those of its own version."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kuaihui.app.web import drawing


def test_a_template_that_is_put_in_its_place_waits_for_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "templates" / "page.html"
    file.parent.mkdir()
    file.write_text("this version", encoding="utf-8")
    monkeypatch.setattr(drawing, "HERE", tmp_path)
    running = drawing.environment.__wrapped__()
    before = running.get_template("page.html").render()
    file.write_text("the next version", encoding="utf-8")
    os.utime(file, (2_000_000_000, 2_000_000_000))

    assert before == running.get_template("page.html").render() == "this version"
    assert drawing.environment.__wrapped__().get_template("page.html").render() == "the next version"
