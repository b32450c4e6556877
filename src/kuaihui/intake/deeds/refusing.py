"""What several deeds are refused for, and the reason people give."""

from __future__ import annotations

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.phases import Phase
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text


def reason(words: str) -> Text:
    """The reason a person gave, or that they gave none."""
    return plain(words) if words.strip() else text("no reason given")


def known_role(role: str, catalog: Catalog) -> None:
    """Raises Refused for a role the catalog does not know."""
    if role not in catalog.roles:
        raise Refused(text("there is no role {role}; there are: {known}", role=role, known=tuple(catalog.roles)))


def known_person(person: str, catalog: Catalog) -> None:
    """Raises Refused for somebody the catalog does not know."""
    if person not in catalog.people:
        raise Refused(text("{person} is not in the catalog's people", person=person))


def still_open(timeline: Timeline) -> None:
    """Raises Refused for an incident that is closed."""
    if timeline.phase is Phase.CLOSED:
        raise Refused(text("the incident is closed; it re-opens by itself when the alert fires again"))
