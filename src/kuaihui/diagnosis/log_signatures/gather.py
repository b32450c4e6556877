"""Counts by shape gathered into counts by template."""

from __future__ import annotations

from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures import rare, templates, values
from kuaihui.diagnosis.log_signatures.part import Part

_SHAPE: Final = ["service", "shape"]


def named(part: Part) -> pl.DataFrame:
    """Every service and shape of the part with its template: what tells which signature a shape belongs to."""
    shapes = part.by_minute.lazy().group_by(_SHAPE).agg(pl.col("count").sum())
    shapes = shapes.with_columns(numbered=values.numbered(pl.col("shape"))).collect(engine="streaming")
    distinct = rare.folded(shapes.group_by("service", "numbered").agg(pl.col("count").sum()))
    mined = [_mined(str(service), rows) for (service,), rows in sorted(distinct.partition_by("service", as_dict=True).items())]
    found = pl.concat([distinct.head(0).select("service", "numbered", template="kept"), *mined])
    return shapes.join(found, on=["service", "numbered"], how="left").select("service", "shape", "template")


def _mined(service: str, rows: pl.DataFrame) -> pl.DataFrame:
    kept = rows.group_by("kept").agg(pl.col("count").sum())
    found = templates.mine(dict(zip(kept["kept"], kept["count"], strict=True)))
    names = pl.DataFrame({"kept": list(found), "template": list(found.values())}, schema=dict.fromkeys(("kept", "template"), pl.String))
    return rows.join(names, on="kept", how="left").select(pl.lit(service).alias("service"), "numbered", "template")


def gathered(part: Part) -> tuple[pl.DataFrame, pl.DataFrame]:
    """By template and minute (count, lines, first, last, example), and by template (services, pods, levels, sorted)."""
    names = named(part)
    minutes = part.by_minute.lazy().join(names.lazy(), on=_SHAPE, how="left").group_by("template", "minute")
    by_minute = minutes.agg(
        pl.col("count").sum(), pl.col("lines").sum(), pl.col("first").min(), pl.col("last").max(), pl.col("example").min()
    ).sort("template", "minute", nulls_last=True)
    origins = part.by_origin.lazy().join(names.lazy(), on=_SHAPE, how="left").group_by("template")
    by_origin = origins.agg(_words("service"), _words("pod"), _words("level")).sort("template")
    return by_minute.collect(engine="streaming"), by_origin.collect(engine="streaming")


def _words(column: str) -> pl.Expr:
    return pl.col(column).filter(pl.col(column) != "").unique().sort().alias(f"{column}s")
