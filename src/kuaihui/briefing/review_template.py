"""The review's template where the catalog has none of its own (`templates/review.zh.md`, `review.en.md`); the sample's is the same."""

from __future__ import annotations

from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.shapes import Name
from kuaihui.catalog.templates import Section, Template

REVIEW: Final = "review"
# What only people know, and is asked for while nobody has written it.
_ASKED: Final = ("root-cause",)
# Each section: its id, its name in Chinese and English, whether the house writes it, and its body.
_SECTIONS: Final = (
    ("summary", "摘要", "Summary", True, "{{summary}}"),
    ("impact", "影响", "Impact", False, "{{impact}}"),
    ("timeline", "关键时刻", "What happened when", True, "{{milestones}}"),
    ("detection", "怎么发现的", "Detection", True, "{{detection}}"),
    ("response", "怎么响应的", "Response", True, "{{response}}"),
    ("root-cause", "原因", "Root cause", False, "{{root-cause}}"),
    ("repair", "处理", "Repair", True, "{{plan}}"),
    ("recovery", "恢复", "Recovery", True, "{{proof}}"),
    ("went-well", "做得好的", "What went well", False, "{{went-well}}"),
    ("went-badly", "要改进的", "What to do better", False, "{{went-badly}}"),
    ("actions", "改进项", "Actions", True, "{{actions}}"),
    ("similar", "相似故障", "Similar incidents", True, "{{similar}}"),
    ("late", "晚到的人", "Who came late", True, "{{notes}}"),
)
DEFAULT: Final = Template(
    id=REVIEW,
    name=Name(zh="故障复盘", en="Review"),
    title=Name(zh="复盘-{date:%Y%m%d}-{service}{alert}", en="Review-{date:%Y%m%d}-{service}{alert}"),
    sections=tuple(
        Section(id=name, name=Name(zh=zh, en=en), rendered=rendered, asked=name in _ASKED, body=Name(zh=body, en=body))
        for name, zh, en, rendered, body in _SECTIONS
    ),
)


def review_template(catalog: Catalog) -> Template:
    """The team's own template of a review, or ours."""
    return catalog.templates.get(REVIEW, DEFAULT)
