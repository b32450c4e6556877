"""
Cards (JSON 2.0): the incident's status, a page, a question about a role, a word.

Rule 1: a card is made from the timeline as it stands, so that the same facts always give the same card.
Rule 2: a button stands only while its deed means something; anybody may press it, and who may is decided where the press is heard.
Rule 3: words that somebody else wrote are harmless in a card: they name nobody, hide no address, and are cut before the card is too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from kuaihui.briefing.receipts import latest_pages
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import measured
from kuaihui.incident.holders import Part, parts
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import DocumentCreated, MeetingOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import running
from kuaihui.integrations.feishu.client.content import harmless_in_card
from kuaihui.integrations.feishu.presses import Op, Press
from kuaihui.language import Text, say, text

Card = dict[str, object]
Style = Literal["primary", "danger", "default"]
_LONGEST_WORDS: Final = 1_500  # of one paragraph: a card takes 30 KB in all
_MOST_VALUES: Final = 8
_COLOURS: Final = {1: "red", 2: "orange", 3: "yellow"}
_PHASE_COLOURS: Final = {Phase.MITIGATED: "turquoise", Phase.OBSERVING: "turquoise", Phase.CLOSED: "green"}


class Drawer:
    """Draws cards of one incident for a reader of one language. `link` is our own page of the incident."""

    def __init__(self, timeline: Timeline, catalog: Catalog, link: str, language: str) -> None:
        self._timeline = timeline
        self._catalog = catalog
        self._link = link
        self._language = language
        self._names = catalog.names(language)

    # -- the cards -------------------------------------------------------------------------------------------------------------------------

    def status(self) -> Card:
        """The incident as it stands, with what can be done about it now."""
        timeline = self._timeline
        elements = [self._said(*self._facts()), *self._people(), *self._rows(self._status_buttons()), self._said(self._links())]
        colour = _PHASE_COLOURS.get(timeline.phase, _COLOURS.get(timeline.severity, "blue"))
        return self._card(self._title(), colour, elements)

    def page(self, reason: Text, identity: str) -> Card:
        """A call to one person, with its button to take it on."""
        buttons = [
            self._button("acknowledge", text("I take it on"), "primary", identity=identity),
            self._button("escalate", text("Call the next level"), identity=identity),
        ]
        why = text("you are paged: {reason}", reason=reason)
        elements = [self._said(why, *self._facts()), *self._rows(buttons), self._said(self._links())]
        return self._card(self._title(), _COLOURS.get(self._timeline.severity, "blue"), elements)

    def role(self, role: str, reason: Text, identity: str) -> Card:
        """A question: will you take this role?"""
        buttons = [
            self._button("take-role", text("I take the role"), "primary", role, identity),
            self._button("decline-role", text("I cannot"), about=role, identity=identity),
        ]
        asked = text("please take the role {role}: {reason}", role=f"@role:{role}", reason=reason)
        return self._card(self._title(), "blue", [self._said(asked), *self._rows(buttons), self._said(self._links())])

    def word(self, words: Text, identity: str = "", link: str = "") -> Card:
        """A word to one person; `link`, where given, is what it is about."""
        elements = [self._said(words)]
        if link:
            elements.append(self._open(text("Open"), link))
        return self._card(self._title(), "blue", [*elements, self._said(self._links())])

    # -- what they say ---------------------------------------------------------------------------------------------------------------------

    def _title(self) -> Text:
        timeline = self._timeline
        title = text("P{severity} · {title} · {phase}", severity=timeline.severity, title=timeline.opened.title, phase=timeline.phase.said)
        return text("Drill · {title}", title=title) if timeline.opened.drill else title

    def _facts(self) -> list[Text]:
        timeline = self._timeline
        service = self._catalog.services.get(timeline.service)
        signal = service.signal if service else None
        told = [text("**Service** {service}", service=f"@service:{timeline.service}")]
        values = list(dict.fromkeys(measured(value, signal.unit if signal else "") for _, value in timeline.series))
        if values and signal:
            usual = measured(signal.usual_high, signal.unit)
            trend = " → ".join(values[-_MOST_VALUES:])
            name = signal.name.told(self._language)
            told.append(text("**{signal}** {trend} (usually at most {usual})", signal=name, trend=trend, usual=usual))
        elif values:
            told.append(text("**Value** {trend}", trend=" → ".join(values[-_MOST_VALUES:])))
        alerts = list((timeline.firing or timeline.alerts).values())
        told += [text("**Alert** {alert}", alert=alert.summary or alert.name) for alert in alerts[:3]]
        if len(alerts) > 3:
            told.append(text("… and {count} more alerts", count=len(alerts) - 3))
        return told

    def _people(self) -> list[Card]:
        told = [text("{person}: {reached}", person=f"@{one.person}", reached=_REACHED[one.reached]) for one in latest_pages(self._timeline)]
        told += [text("{role}: {person}", role=f"@role:{one.role}", person=f"@{one.holder}") for one in self._parts() if one.holder]
        told += [
            text("{role}: {person} is asked", role=f"@role:{one.role}", person=f"@{one.asked}")
            for one in self._parts()
            if one.asked and not one.holder
        ]
        told += [
            text("{role}: nobody took it ({person} was asked)", role=f"@role:{one.role}", person=f"@{one.unanswered}")
            for one in self._parts()
            if one.unanswered and not one.holder
        ]
        return [{"tag": "hr"}, self._said(*told)] if told else []

    def _parts(self) -> list[Part]:
        known = parts(self._timeline)
        return [known[role] for role in self._catalog.roles if role in known]

    def _links(self) -> Text:
        timeline, told = self._timeline, [_linked(text("Incident"), self._link)]
        if (document := timeline.last(DocumentCreated)) and document.link:
            told.append(_linked(text("Document"), document.link))
        if meeting := timeline.last(MeetingOpened):
            told.append(_linked(text("Meeting"), meeting.link))
        return _in_a_row(told)

    # -- what can be done ------------------------------------------------------------------------------------------------------------------

    def _status_buttons(self) -> list[Card]:
        match self._timeline.phase:
            case Phase.CLOSED:
                return []
            case Phase.OBSERVING | Phase.MITIGATED:
                return [
                    *self._gates(),
                    self._button("resolve", text("Resolved"), "primary"),
                    self._button("doubt", text("It is not over"), "danger"),
                ]
            case _:
                return self._while_broken()

    def _while_broken(self) -> list[Card]:
        taken = self._timeline.has(Acknowledged, self._timeline.occasion)
        first = [] if taken else [self._button("acknowledge", text("I take it on"), "primary")]
        return [
            *first,
            self._button("escalate", text("Call the next level")),
            *(
                self._button("take-role", text("I am {role}", role=f"@role:{one.role}"), about=one.role)
                for one in self._parts()
                if not one.holder
            ),
            *self._gates(),
            self._button("mitigate", text("Mitigated")),
            self._button("false-alarm", text("False alarm")),
        ]

    def _gates(self) -> list[Card]:
        """The gates that hotfixes and rollbacks wait at."""
        waiting = [(train, gate) for train in running(self._timeline) if (gate := train.current)]
        return [
            self._button("pass-gate", text("Passed: {gate}", gate=gate.stage.name), "primary", f"{train.hotfix}/{gate.stage.id}")
            for train, gate in waiting
        ]

    # -- how they are built ----------------------------------------------------------------------------------------------------------------

    def _card(self, title: Text, colour: str, elements: Sequence[Card]) -> Card:
        shown = self._say(title)
        return {
            "schema": "2.0",
            "config": {"update_multi": True, "summary": {"content": shown}},
            "header": {"title": {"tag": "plain_text", "content": shown}, "template": colour},
            "body": {"elements": list(elements)},
        }

    def _said(self, *words: Text) -> Card:
        return {"tag": "markdown", "content": "\n".join(self._say(one) for one in words)}

    def _say(self, words: Text) -> str:
        return harmless_in_card(say(words, self._language, self._names), self._our_links())[:_LONGEST_WORDS]

    def _our_links(self) -> set[str]:
        opened, document = self._timeline.last(MeetingOpened), self._timeline.last(DocumentCreated)
        return {self._link, *([opened.link] if opened else []), *([document.link] if document else [])}

    def _button(self, op: Op, label: Text, style: Style = "default", about: str = "", identity: str = "") -> Card:
        value = Press(op, self._timeline.incident, identity, about).value()
        name = f"{op} {about}".strip()
        return self._labelled(label, name, style, {"type": "callback", "value": value})

    def _open(self, label: Text, link: str) -> Card:
        return self._labelled(label, "open", "primary", {"type": "open_url", "default_url": link})

    def _labelled(self, label: Text, name: str, style: Style, behaviour: Card) -> Card:
        shown = {"tag": "plain_text", "content": self._say(label)}
        return {"tag": "button", "name": name, "type": style, "text": shown, "behaviors": [behaviour]}

    def _rows(self, buttons: Sequence[Card]) -> list[Card]:
        """Buttons side by side, three in a row: JSON 2.0 has no container of its own for them."""
        rows = [buttons[start : start + 3] for start in range(0, len(buttons), 3)]
        return [
            {"tag": "column_set", "columns": [{"tag": "column", "width": "auto", "elements": [button]} for button in row]} for row in rows
        ]


def _linked(label: Text, link: str) -> Text:
    return text("[{label}]({link})", label=label, link=link)


def _in_a_row(told: Sequence[Text]) -> Text:
    first, *rest = told
    return text("{first} · {rest}", first=first, rest=_in_a_row(rest)) if rest else first


_REACHED: Final = {
    "acknowledged": text("has taken it on"),
    "read": text("has read it"),
    "delivered": text("delivered, not read yet"),
    "sent": text("sent, not read yet"),
    "failed": text("could not be reached"),
    "ordered": text("is being paged"),
}
