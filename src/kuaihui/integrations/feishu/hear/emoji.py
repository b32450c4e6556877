"""Feishu's emoji by name: as a sign that our pages can show, and those that mean "I take it on"."""

from __future__ import annotations

from typing import Final

# On a page's own card, which only the one who is paged sees, each of these answers it.
TAKES_A_PAGE: Final = frozenset({"OK", "OnIt", "THUMBSUP", "Get", "DONE", "Yes", "LGTM", "CheckMark"})
# In the group a thumb is applause; this one alone says that somebody is at work.
TAKES_IT_ON: Final = frozenset({"OnIt"})

_SIGNS: Final = {
    "OK": "👌",
    "THUMBSUP": "👍",
    "THANKS": "🙏",
    "MUSCLE": "💪",
    "FINGERHEART": "🫰",
    "APPLAUSE": "👏",
    "FISTBUMP": "🤜",
    "JIAYI": "➕",
    "DONE": "✅",
    "SMILE": "😄",
    "OnIt": "🧑‍💻",
    "OneSecond": "☝️",
    "Get": "🫡",
    "HEART": "❤️",
    "CheckMark": "✔️",
    "CrossMark": "❌",
    "Alarm": "⏰",
    "Fire": "🔥",
    "Yes": "🙆",
    "No": "🙅",
    "SALUTE": "🫡",
    "SHAKE": "🤝",
    "PRAISE": "👏",
    "WAVE": "👋",
    "CRY": "😢",
    "SOB": "😭",
    "EYES": "👀",
    "SWEAT": "😅",
    "FACEPALM": "🤦",
    "ThumbsDown": "👎",
    "Hundred": "💯",
    "PARTY": "🎉",
    "PLUSONE": "➕",
    "Pin": "📌",
    "ROSE": "🌹",
}


def sign(name: str) -> str:
    """The emoji as a sign; its own name where Unicode has none that we know."""
    return _SIGNS.get(name, name[:32])
