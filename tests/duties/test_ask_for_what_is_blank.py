"""What is asked for in the document: only what people know, of whom, when, and once."""

from __future__ import annotations

from kuaihui.duties.ask_for_what_is_blank import due
from kuaihui.duties.due import Due
from kuaihui.incident.alerts import Reopened
from kuaihui.incident.fact import Fact
from kuaihui.incident.learning import ReviewDrafted, ReviewFinished
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.recovery import Closed, Mitigated, RecoveryDoubted
from kuaihui.incident.roles import RoleTaken
from kuaihui.incident.room import AskedInDocument, DocumentCreated, DocumentEdited, DocumentKept
from kuaihui.incident.tasks import TaskMade
from kuaihui.language import plain
from kuaihui.orders import AskInDocument
from tests.duties.so_far import after, asked, opened, orders

ACK = Acknowledged(at=after(1), by="dazhuang")
PAPER = DocumentCreated(at=after(1), title="IR", template="incident")
LED = RoleTaken(at=after(2), by="xiaomei", role="recovery-lead")
MITIGATED = Mitigated(at=after(8), by="xiaomei", reason=plain("回滚"))
CLOSED = Closed(at=after(20), verdict="recovered", reason=plain("ok"))
DRAFTED = ReviewDrafted(at=after(20), title="复盘", template="review")
WRITTEN = DocumentEdited(at=after(9), by="dazhuang", section="impact", words="约 15% 的登录失败")


def questions(*facts: Fact, severity: int = 2) -> list[tuple[str, str, str]]:
    """Who is asked for what, in which document, an hour later."""
    said = orders(asked(due, opened(*facts, severity=severity), after(60)), AskInDocument)
    return [(one.person, one.document, one.section) for one in said if isinstance(one, AskInDocument)]


def test_whoever_leads_the_recovery_is_asked_for_the_impact_once_it_is_mitigated() -> None:
    (said,) = asked(due, opened(ACK, PAPER, LED, MITIGATED), after(8))

    assert isinstance(said, Due)
    assert said.at == after(10)
    assert said.order.identity == "AskInDocument/5/document/impact"
    assert isinstance(said.order, AskInDocument)
    assert (said.order.person, said.order.heading) == ("xiaomei", "影响")


def test_nobody_is_asked_while_users_are_hurt() -> None:
    assert questions(ACK, PAPER, LED) == []
    assert questions(ACK, PAPER, LED, MITIGATED, RecoveryDoubted(at=after(9), reason=plain("又来了"))) == []
    assert questions(ACK, PAPER, LED, MITIGATED, CLOSED, Reopened(at=after(30), reason=plain("复发"))) == []


def test_nobody_is_asked_about_a_false_alarm() -> None:
    assert questions(ACK, PAPER, Closed(at=after(5), verdict="false alarm", reason=plain("压测"))) == []


def test_what_somebody_has_written_is_not_asked_for() -> None:
    assert questions(ACK, PAPER, LED, MITIGATED, WRITTEN) == []


def test_what_the_teams_own_template_says_is_nobodys() -> None:
    outside = DocumentCreated(at=after(1), by="feishu", title="IR", template="incident", reference="dox1")
    taken_over = DocumentEdited(at=after(1), by="feishu", section="impact", words="> 谁受影响？")
    kept = DocumentKept(at=after(1), by="feishu", length=3, reference="dox1")
    later = DocumentEdited(at=after(9), by="feishu", section="impact", words="约 15%")

    assert questions(ACK, outside, taken_over, kept, LED, MITIGATED) == [("xiaomei", "", "impact")]
    assert questions(ACK, outside, taken_over, kept, LED, MITIGATED, later) == []


def test_each_section_is_asked_for_once_an_incident() -> None:
    already = AskedInDocument(at=after(10), section="impact", name="影响", person="xiaomei")

    assert questions(ACK, PAPER, LED, MITIGATED, already, CLOSED) == []


def test_in_the_review_the_cause_is_asked_of_whoever_has_its_task() -> None:
    task = TaskMade(at=after(20), task="root-cause", title=plain("查明根因"), owner="ayi")

    assert questions(ACK, LED, CLOSED, DRAFTED) == [("xiaomei", "review", "root-cause")]
    assert questions(ACK, LED, CLOSED, task, DRAFTED) == [("ayi", "review", "root-cause")]
    assert questions(ACK, LED, CLOSED, DRAFTED, ReviewFinished(at=after(30), by="amao")) == []


def test_where_nobody_leads_the_services_owner_is_asked() -> None:
    assert questions(PAPER, MITIGATED) == [("xiaomei", "", "impact")]
