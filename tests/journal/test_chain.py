"""The chain's form is for ever: what was written by any release is verified by every later one."""

from kuaihui.journal.chain import START, broken, chained, link


def test_the_hash_of_a_record_never_changes() -> None:
    first = link("INC-1", 0, START, '{"fact":"Opened","标题":"错误率"}'.encode())
    second = link("INC-1", 1, first, b"{}")

    assert first == "88940ed8eee200906ee7566eefea5ebb819f26fd215ffa8f97e6af6fe976bfc4"
    assert second == "bc11429b1e7c7849ce6dc4f33a1078da21d6389b6baabbd529eb93d79dadb578"


def test_records_are_numbered_placed_and_chained() -> None:
    one, two, three = chained("INC-1", 0, START, [b"a", b"b", b"c"], 41)

    assert [record.number for record in (one, two, three)] == [0, 1, 2]
    assert [record.position for record in (one, two, three)] == [41, 42, 43]
    assert broken("INC-1", [one, two, three], 3, three.hash) is None
    assert chained("INC-1", 2, two.hash, [b"c"])[0].hash == three.hash
    assert broken("INC-1", [one, three, two]) is not None
    assert broken("INC-2", [one, two, three]) is not None
