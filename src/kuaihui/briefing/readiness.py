"""Whether somebody can be got at 3 a.m.: what is missing, told to themself."""

from __future__ import annotations

from collections.abc import Iterator

from kuaihui.catalog.catalog import Catalog
from kuaihui.language import Text, text


def gaps(catalog: Catalog, person: str) -> list[Text]:
    """What keeps this person from being reached, the gravest first; empty when nothing does."""
    return list(_gaps(catalog, person))


def _gaps(catalog: Catalog, person: str) -> Iterator[Text]:
    known = catalog.people[person]
    if not known.phone:
        yield text("you have no phone number: nobody can call you when you do not read")
    if known.channels == ("inbox",):
        yield text("you are reached only here, in your inbox: name a channel that rings")
    if not known.feishu and not known.email:
        yield text("neither a Feishu id nor an e-mail is known of you: you cannot be found in Feishu")
    if not known.backup:
        yield text("you have no backup: nobody is asked when you are out of reach")
    elif known.backup not in catalog.people or not catalog.people[known.backup].joined:
        yield text("your backup {backup} is not there any more", backup=f"@{known.backup}")
