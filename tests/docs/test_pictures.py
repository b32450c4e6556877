"""The pictures of the pages: each is there, light, and stands in the gallery of both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tools.take_pictures import OVER, PAGED, PICTURES, REPAIRING, UNDERWAY, VIEWS, Scene, file_of, gallery, small

SCENES = (*PAGED, *UNDERWAY, *REPAIRING, *OVER)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_each_page_was_taken_on_a_phone_and_on_a_desk_in_light_and_in_dark(scene: Scene) -> None:
    for view in VIEWS:
        file = PICTURES / file_of(scene, view)

        assert file.stat().st_size < 200 * 1024, file.name
        with Image.open(file) as picture:
            assert picture.width == (360 if view.device == "phone" else 1280)


@pytest.mark.parametrize("language, name", [("en", "README.md"), ("zh", "README.zh-CN.md")])
def test_the_gallery_is_as_it_is_made(language: str, name: str) -> None:
    assert (PICTURES / name).read_text(encoding="utf-8") == gallery(language)


def test_nothing_else_lies_among_the_pictures() -> None:
    known = {file_of(scene, view) for scene in SCENES for view in VIEWS} | {"README.md", "README.zh-CN.md"}

    assert {file.name for file in PICTURES.iterdir()} == known


def test_a_picture_in_few_colours_keeps_the_commonest_as_they_are(tmp_path: Path) -> None:
    given = Image.new("RGB", (200, 100), (243, 244, 247))
    given.paste((179, 33, 26), (0, 0, 20, 20))
    given.save(tmp_path / "given.png")
    (tmp_path / "small.png").write_bytes(small((tmp_path / "given.png").read_bytes()))
    with Image.open(tmp_path / "small.png") as kept:
        seen = {colour for _, colour in kept.convert("RGB").getcolors() or []}

    assert seen == {(243, 244, 247), (179, 33, 26)}
