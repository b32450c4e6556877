"""Whatever stands in the files, it is a catalog or a list of faults in our own words."""

import shutil
import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kuaihui.catalog.load import load
from kuaihui.errors import BadCatalog
from kuaihui.language import say

HERE = Path(__file__).parent
KINDS = ["people", "services", "rotas", "calendars", "policies", "roles", "leave", "catalog"]
words = st.one_of(
    st.sampled_from(
        ["li", "shop", "oncall", "rota:shop", "person:", "2023-01-01", "25:00", "10:00", "09:00-18:00", "5m", "-1", "1e999", "true", "[]"]
    ),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)
KEYS = (HERE / "keys.txt").read_text(encoding="utf-8").split()
keys = st.sampled_from(KEYS) | st.text(max_size=4)
ids = st.sampled_from(["li", "shop", "default", "china", "lead", "new"])
values = st.recursive(
    words,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inside, max_size=6)
    ),
    max_leaves=20,
)
SAMPLES = {kind: yaml.load((HERE / f"good/{kind}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader) for kind in KINDS if kind != "leave"}


def told(kind: str, raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(shutil.copytree(HERE / "good", Path(parent) / "catalog"))
        (folder / f"{kind}.yaml").write_bytes(raw)
        try:
            load(folder)
        except BadCatalog as refused:
            in_our_own_words(refused)


def in_our_own_words(refused: BadCatalog) -> None:
    faults = getattr(refused, "faults", ())
    assert faults
    assert "catalog.shape" not in {fault.rule for fault in faults}
    assert all(fault.line >= 1 and say(fault.text, language) for fault in faults for language in ("zh", "en"))
    assert "Input should" not in refused.told("zh")


@settings(max_examples=100)
@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(["li", "shop", "default", "china", "lead", "new"]), values, max_size=3) | st.lists(values),
)
def test_any_values_are_taken_or_told(kind: str, data: object) -> None:
    told(kind, yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "replace"))


@settings(max_examples=100)
@given(st.sampled_from(sorted(SAMPLES)), st.sampled_from(KEYS), values, st.integers(0, 3))
def test_one_key_of_a_good_entry_may_hold_anything(kind: str, key: str, value: object, depth: int) -> None:
    entry = next(iter(SAMPLES[kind].values())) if kind != "catalog" else SAMPLES[kind]
    changed = yaml.safe_load(yaml.safe_dump(entry))
    place = changed
    for _ in range(depth):
        inside = [each for each in (place.values() if isinstance(place, dict) else place) if isinstance(each, dict | list) and each]
        place = inside[0] if inside else place
    if isinstance(place, dict):
        place[key] = value
    else:
        place.append(value)
    data = changed if kind == "catalog" else {next(iter(SAMPLES[kind])): changed}
    told(kind, yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "replace"))


@settings(max_examples=100)
@given(st.sampled_from(KINDS), st.data())
def test_a_file_cut_or_scratched_anywhere_is_taken_or_told(kind: str, data: st.DataObject) -> None:
    file = HERE / f"good/{kind}.yaml"
    raw = file.read_bytes() if file.exists() else b"- {person: li, first: 2023-01-01, last: 2023-01-02}\n"
    at = data.draw(st.integers(0, len(raw)))
    told(kind, raw[:at] + data.draw(st.binary(max_size=3)) + raw[at + data.draw(st.integers(0, 8)) :])
