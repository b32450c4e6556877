"""The words by which a fact is found: its sentence in both languages, and what it names that the sentence leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from kuaihui.incident.alerts import AlertFired, Opened
from kuaihui.incident.fact import Fact
from kuaihui.incident.room import DocumentEdited
from kuaihui.language import LANGUAGES, named, say


def words_of(incident: str, fact: Fact, names: Mapping[str, Mapping[str, str]]) -> str:
    """Everything a fact is found by; `names` are people's and services' names by id, in each language."""
    told = [say(fact.said, language, names[language]) for language in LANGUAGES]
    match fact:
        case Opened():
            service = [named(f"service:{fact.service}", names[language]) for language in LANGUAGES]
            told += [incident, fact.service, *service, *fact.group.values()]
        case AlertFired():
            told += [word for alert in fact.alerts for word in (alert.name, alert.summary, *alert.labels.values())]
        case DocumentEdited():
            told.append(fact.words)
        case _:
            pass
    return "\n".join(told)
