"""Each file under bad/ breaks the good catalog in exactly one way; its first line says where, and which rule says so."""

import shutil
from pathlib import Path

import pytest

from kuaihui.catalog.faults import Fault
from kuaihui.catalog.load import load
from kuaihui.errors import BadCatalog
from kuaihui.language import Text, say, translate

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HERE / "good", tmp_path / "catalog"))


def faults(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(BadCatalog) as refused:
        load(folder)
    told = getattr(refused.value, "faults", ())
    assert told
    return told


def english_left(words: Text) -> list[str]:
    """The messages of a text that have no Chinese."""
    inside = [message for value in words.values.values() if isinstance(value, Text) for message in english_left(value)]
    bare = words.says.replace("{head}", "").replace("{line0}", "").strip()
    return inside + ([words.says] if bare and translate(words.says, "zh") == words.says and words.says != "{place} {rule}" else [])


def test_the_good_catalog_has_no_fault_and_no_caution(folder: Path) -> None:
    assert load(folder).cautions == ()


@pytest.mark.parametrize("bad", BAD, ids=lambda path: path.stem)
def test_a_bad_file_is_told_by_name_and_line_in_both_languages(bad: Path, folder: Path) -> None:
    place, rule = bad.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split()
    shutil.copy(bad, folder / place.partition(":")[0])

    with pytest.raises(BadCatalog) as refused:
        load(folder)

    told: list[Fault] = list(getattr(refused.value, "faults", ()))
    assert len(told) == 1
    fault = told[0]
    assert (f"{fault.file}:{fault.line}", fault.rule) == (place, rule)
    for language in ("zh", "en"):
        assert f"{place}: {say(fault.text, language)}" in refused.value.told(language)
        assert say(fault.remedy, language) in refused.value.told(language)
        assert "{" not in say(fault.text, language).replace("{}", "")
    assert english_left(fault.told) == []


def test_every_rule_of_the_catalog_has_a_bad_file_or_a_test_here() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (HERE.parents[1] / "src/kuaihui/catalog").glob("*.py"))
    seen = {path.read_text(encoding="utf-8").splitlines()[0].rpartition("catalog.")[2] for path in BAD}
    elsewhere = Path(__file__).read_text(encoding="utf-8") + (HERE / "test_cautions.py").read_text(encoding="utf-8")

    assert {rule for rule in seen if rule not in sources and not rule.startswith("unknown_")} == set()
    for rule in ("too_large", "encoding", "unreadable", "empty_file", "characters", "too_deep", "no_folder", "unknown_file"):
        assert f"catalog.{rule}" in elsewhere


def test_all_faults_are_told_at_once(folder: Path) -> None:
    (folder / "people.yaml").write_text("li: {name: 李, leder: wang}\nwang: {name: 王, language: fr}\n", encoding="utf-8")
    (folder / "leave.yaml").write_text("- {person: nobody, first: 2023-01-01, last: 2023-01-02}\n", encoding="utf-8")

    told = {(fault.file, fault.line, fault.rule) for fault in faults(folder)}

    assert told == {
        ("people.yaml", 1, "catalog.unknown_key"),
        ("people.yaml", 2, "catalog.choice"),
        ("services.yaml", 5, "catalog.unknown_person"),
        ("policies.yaml", 5, "catalog.unknown_person"),
        ("leave.yaml", 1, "catalog.unknown_person"),
    }


def test_what_stands_in_a_file_that_cannot_be_read_is_not_called_missing(folder: Path) -> None:
    (folder / "people.yaml").write_text("li: {name: [\n", encoding="utf-8")

    assert [(fault.file, fault.rule) for fault in faults(folder)] == [("people.yaml", "catalog.bracket")]


def test_the_nearest_word_is_offered(folder: Path) -> None:
    text = (folder / "services.yaml").read_text(encoding="utf-8")
    (folder / "services.yaml").write_text(text.replace("rota: shop", "rota: shopp"), encoding="utf-8")

    (fault,) = faults(folder)

    assert say(fault.remedy, "en") == "did you mean shop?"
    assert say(fault.remedy, "zh") == "是不是想写 shop?"


@pytest.mark.parametrize(
    "raw, rule, line",
    [
        ("name: 商店".encode("gbk"), "catalog.encoding", 1),
        (b"# one\n" + "店".encode("utf-16"), "catalog.encoding", 2),
        (b"", "catalog.empty_file", 1),
        (b" \n\n", "catalog.empty_file", 1),
        (b"a: b\nc: \x1b[31m", "catalog.characters", 2),
        (b"a:\x00b", "catalog.characters", 1),
        (b"[" * 200_000, "catalog.too_deep", 1),
        (b"- " * 200_000, "catalog.too_deep", 1),
        (b"#" * 5_000_000, "catalog.too_large", 1),
        (b"a: &a [*a]", "catalog.too_large", 1),
        (b"a0: &a0 [x,x]\n" + b"".join(b"a%d: &a%d [*a%d,*a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 60)), "catalog.too_large", 1),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_refused_and_hurts_nobody(raw: bytes, rule: str, line: int, folder: Path) -> None:
    (folder / "calendars.yaml").write_bytes(raw)

    assert [(fault.file, fault.line, fault.rule) for fault in faults(folder)] == [("calendars.yaml", line, rule)]


def test_a_folder_in_the_place_of_a_file_is_unreadable(folder: Path) -> None:
    (folder / "calendars.yaml").unlink()
    (folder / "calendars.yaml").mkdir()

    assert [fault.rule for fault in faults(folder)] == ["catalog.unreadable"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert [fault.rule for fault in faults(tmp_path / "nowhere")] == ["catalog.no_folder"]


def test_a_misspelt_file_is_a_fault_and_not_a_silence(folder: Path) -> None:
    (folder / "leave.yaml").unlink(missing_ok=True)
    (folder / "leaves.yaml").write_text("[]", encoding="utf-8")

    (fault,) = faults(folder)

    assert (fault.file, fault.rule, say(fault.remedy, "en")) == ("leaves.yaml", "catalog.unknown_file", "did you mean leave.yaml?")


def test_windows_line_ends_and_a_byte_order_mark_are_no_faults(folder: Path) -> None:
    raw = (folder / "people.yaml").read_bytes().replace(b"\n", b"\r\n")
    (folder / "people.yaml").write_bytes(b"\xef\xbb\xbf" + raw)

    assert set(load(folder).people) == {"li", "wang", "chen"}


def test_folders_and_files_of_other_rooms_are_left_alone(folder: Path) -> None:
    (folder / "drills").mkdir()
    (folder / "drills/errors.yaml").write_text("[", encoding="utf-8")
    (folder / "README.md").write_text("ours", encoding="utf-8")

    assert load(folder).people


def test_an_id_in_two_files_is_told_with_both_places(folder: Path) -> None:
    (folder / "services").mkdir()
    (folder / "services/more.yaml").write_text("stall: {name: s, owner: li}\nshop: {name: s, owner: li}\n", encoding="utf-8")

    (fault,) = faults(folder)

    assert (fault.file, fault.line, fault.rule) == ("services/more.yaml", 2, "catalog.duplicate_id")
    assert "services.yaml:1" in say(fault.text, "zh")


def test_a_folder_of_files_is_read_like_one(folder: Path) -> None:
    (folder / "services").mkdir()
    (folder / "services/more.yaml").write_text("# ours\nstall: {name: s, owner: li}\n", encoding="utf-8")

    assert load(folder).places["services/stall"] == "services/more.yaml:2"


GUIDE = "shop: {name: x, first: a, steps: {a: {says: x, ask: {source: logs}, holds: {signature: 'x'}}}}"


@pytest.mark.parametrize(
    "words, rule",
    [
        (GUIDE.replace("first: a", "first: b"), "unknown_step"),
        (GUIDE.replace("'x'}", "'x'}, then: c"), "unknown_step"),
        (GUIDE.replace("'x'}", "'x'}, then: a"), "guide_circle"),
        (GUIDE.replace("'x'", "'('"), "bad_pattern"),
        (GUIDE.replace("first: a", "services: [stall], first: a"), "unknown_service"),
        (GUIDE.replace("source: logs", "source: rumours"), "choice"),
    ],
)
def test_a_guide_that_cannot_be_followed_is_told_before_an_incident_needs_it(words: str, rule: str, folder: Path) -> None:
    (folder / "guides").mkdir()
    (folder / "guides/shop.yaml").write_text(f"# ours\n{words}\n", encoding="utf-8")

    found = faults(folder)

    assert [(fault.file, fault.line, fault.rule) for fault in found] == [("guides/shop.yaml", 2, f"catalog.{rule}")]
    assert english_left(found[0].told) == []


@pytest.mark.parametrize(
    "words, line, rule",
    [
        ("anything", 1, "no_front_matter"),
        ("---\nname: x\n---\n", 2, "no_symptoms"),
        ("---\nname: x\nsymptoms:\n  labels: [service=]\n---\n", 4, "bad_matcher"),
        ("---\nname: x\nsymptoms:\n  signatures: ['(']\n---\n", 4, "bad_pattern"),
        ("---\nname: x\nservices: [stall]\nsymptoms: {above: 1}\n---\n", 3, "unknown_service"),
        ("---\nname: x\nsymptom: {above: 1}\n---\n", 3, "unknown_key"),
    ],
)
def test_a_runbook_that_would_never_be_found_is_told_by_line(words: str, line: int, rule: str, folder: Path) -> None:
    (folder / "runbooks").mkdir()
    (folder / "runbooks/cache.md").write_text(words, encoding="utf-8")

    found = faults(folder)

    assert [(fault.file, fault.line, fault.rule) for fault in found] == [("runbooks/cache.md", line, f"catalog.{rule}")]
    assert english_left(found[0].told) == []


HEAD = "---\nname: x\ntitle: y\n---\n"


@pytest.mark.parametrize(
    "words, line, rule",
    [
        ("## no front matter {#a}\n", 1, "no_front_matter"),
        ("---\nname: x\n", 1, "no_front_matter"),
        ("---\nname: x\n---\n## a {#a}\n", 2, "missing"),
        ("---\nname: x\ntitle: y\nauthor: me\n---\n## a {#a}\n", 4, "unknown_key"),
        ("---\nname: x\ntitle: '{day}'\n---\n## a {#a}\n", 3, "title"),
        ("---\nname: x\ntitle: '{date:'\n---\n## a {#a}\n", 3, "title"),
        ("---\nname: x\ntitle: '{service.owner}'\n---\n## a {#a}\n", 3, "title"),
        (HEAD, 4, "no_sections"),
        (HEAD + "## a\n## b {#b}\n", 5, "section_id"),
        (HEAD + "## a {#a}\n## b {#a}\n", 6, "duplicate_section"),
        (HEAD + "\nstray words\n## b {#b}\n", 6, "outside_sections"),
    ],
)
def test_a_template_is_told_by_line(words: str, line: int, rule: str, folder: Path) -> None:
    (folder / "templates/review.md").write_text(words, encoding="utf-8")

    found = faults(folder)

    assert [(fault.file, fault.line, fault.rule) for fault in found] == [("templates/review.md", line, f"catalog.{rule}")]
    assert english_left(found[0].told) == []


def test_both_languages_of_a_template_have_the_same_sections(folder: Path) -> None:
    (folder / "templates/review.zh.md").write_text(HEAD + "## 甲 {#a}\n", encoding="utf-8")
    (folder / "templates/review.en.md").write_text(HEAD + "## A {#a}\n## B {#b}\n", encoding="utf-8")

    (fault,) = faults(folder)

    assert fault.rule == "catalog.sections_differ"
