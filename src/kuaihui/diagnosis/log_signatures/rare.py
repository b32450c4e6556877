"""
Words that nobody else says, folded a column at a time, before templates are sought row by row.

A stream in which one line in twenty ends in a name never seen before has tens of thousands of shapes that differ in that name alone. They
are told by it: a word that stands in one row only is a name when several rows are the same but for such words.

Rule 1: it decides as templates.py would, only sooner: a place is opened when more words stand in it than wording would take.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures.shapes import NUMBERED
from kuaihui.diagnosis.log_signatures.words import FEW, STATES

# Below this number of rows it is quicker to go row by row at once.
_MANY: Final = 3_000
_WORD: Final = r"[^\s:=,()\[\]{}|;\"'<>]+"
# So many lone words in a row may be names; a row with more is a statement of its own.
_LONE: Final = 3
_ROW: Final = ["service", "numbered"]


def folded(distinct: pl.DataFrame) -> pl.DataFrame:
    """The distinct rows (service, numbered) with the column `kept`: the text, lone words folded where several rows have such."""
    if len(distinct) < _MANY:
        return distinct.with_columns(kept=pl.col("numbered"))
    words = distinct.lazy().select(*_ROW, word=pl.col("numbered").str.extract_all(_WORD).list.unique()).explode("word")
    lone = (
        words.filter(pl.col("word").str.contains("[^0]"))
        .with_columns(rows=pl.len().over("service", "word"))
        .filter(pl.col("rows") == 1)
        .group_by(_ROW)
        .agg(pl.col("word").sort())
        .filter(pl.col("word").list.len() <= _LONE)
        .collect(engine="streaming")
    )
    forms = lone.with_columns(form=pl.Series(map(_without, lone["numbered"], lone["word"].to_list()), dtype=pl.String))
    few = pl.when(pl.col("form").str.starts_with(NUMBERED)).then(STATES).otherwise(FEW)
    told = pl.col("form").str.contains("[A-Za-z一-鿿]")
    names = forms.filter(told & (pl.len().over("service", "form") > few)).select(*_ROW, "form")
    return distinct.join(names, on=_ROW, how="left").with_columns(kept=pl.coalesce("form", "numbered")).drop("form")


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, NUMBERED)
    return text
