"""Words of strangers in a card: they lead nowhere under another name, call nobody, and turn nothing around."""

from __future__ import annotations

import json

import pytest

from kuaihui.incident.room import MeetingOpened
from kuaihui.integrations.feishu.cards import Drawer
from kuaihui.integrations.feishu.client.content import harmless_in_card
from kuaihui.language import plain, text
from tests.duties.so_far import CATALOG, after, opened

HOSTILE = {
    "link": ("[I take it on](https://evil.example)", "](https://evil"),
    "picture": ("![x](https://evil.example/x.png)", "](https://evil"),
    "everybody": ("<at id=all></at>", "<at"),
    "tag": ("<a href='https://evil.example'>Incident</a>", "<a"),
    "Feishu's own tag": ("<link url='https://evil.example'>Incident</link>", "<link"),
    "turned around": ("\u202egnp.exe", "\u202e"),
}


@pytest.mark.parametrize("words, never", HOSTILE.values(), ids=HOSTILE)
def test_what_a_stranger_wrote_is_shown_and_does_nothing(words: str, never: str) -> None:
    drawer = Drawer(opened(), CATALOG, "http://here", "en")
    cards = [drawer.word(plain(words)), drawer.page(text("{why}", why=words), "one")]

    assert all(never not in json.dumps(card, ensure_ascii=False) for card in cards)


def test_our_own_links_are_links() -> None:
    meeting = MeetingOpened(at=after(1), title="m", link="https://vc.example/j/1")
    card = json.dumps(Drawer(opened(meeting), CATALOG, "http://here", "en").status(), ensure_ascii=False)

    assert "[Incident](http://here) · [Meeting](https://vc.example/j/1)" in card


@pytest.mark.timeout(60)
def test_words_made_to_be_slow_are_not() -> None:
    """Where each bracket looks on to the end, as many as these take minutes."""
    assert "](" not in harmless_in_card("](" * 200_000)
