"""Counts by shape gathered into counts by template."""

from __future__ import annotations

from typing import Final

import polars as pl

from kuaihui.diagnosis.log_signatures import templates, values
from kuaihui.diagnosis.log_signatures.part import Part

_SHAPE: Final = ["service", "shape"]


def named(part: Part) -> pl.DataFrame:
    """Every service and shape of the part with its template: what tells which signature a shape belongs to."""
    shapes = part.by_minute.lazy().group_by(_SHAPE).agg(pl.col("count").sum())
    shapes = shapes.with_columns(numbered=values.numbered(pl.col("shape"))).collect(engine="streaming")
    distinct = shapes.group_by("service", "numbered").agg(pl.col("count").sum())
    mined = [_mined(service, rows) for (service,), rows in sorted(distinct.partition_by("service", as_dict=True).items())]
    found = pl.concat(mined) if mined else pl.DataFrame(schema={"service": pl.String, "numbered": pl.String, "template": pl.String})
    return shapes.join(found, on=["service", "numbered"], how="left").select("service", "shape", "template")


def _mined(service: object, rows: pl.DataFrame) -> pl.DataFrame:
    found = templates.mine(dict(zip(rows["numbered"], rows["count"], strict=True)))
    return pl.DataFrame(
        {"numbered": list(found), "template": list(found.values())}, schema=dict.fromkeys(("numbered", "template"), pl.String)
    ).select(pl.lit(service, pl.String).alias("service"), "numbered", "template")


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
