"""The stages there are, by name."""

from __future__ import annotations

from collections.abc import Mapping

from kuaihui.app.drill.stage.description import (
    Deploy,
    Description,
    ExpensiveJob,
    Keys,
    Knob,
    Level,
    SlowDependency,
    StopMetrics,
    StopRedis,
    Storm,
)
from kuaihui.language import text

CALM = Level()
HOT_10 = Level(errors=0.10, knob=Knob.HOT)
HOT_15 = Level(errors=0.15, knob=Knob.HOT)
NO_HOT_KEY = Keys(hot_cost=0.0)

ALL: tuple[Description, ...] = (
    Description(
        name="config-center-500",
        title=text("One key of Redis grows hot until the connection pools of the config center run dry"),
        levels=(CALM, HOT_10, HOT_15),
        fix="v1.8.3",
    ),
    Description(
        name="bad-deploy",
        title=text("A release fails a share of all requests from its first minute"),
        levels=(CALM, Level(deeds=(Deploy("v1.9.0"),))),
        fix="v1.8.2",
        keys=NO_HOT_KEY,
        base=20.0,
        hot=0.0,
    ),
    Description(
        name="redis-down",
        title=text("Redis is gone and every read fails; only what is answered from memory goes on"),
        levels=(CALM, Level(deeds=(StopRedis(),))),
        keys=NO_HOT_KEY,
        base=20.0,
        hot=0.0,
    ),
    Description(
        name="slow-dependency",
        title=text("The secrets service is slow; connections wait for it in hand while Redis is calm"),
        levels=(CALM, Level(errors=0.12, knob=Knob.BASE, deeds=(SlowDependency(0.6),))),
        keys=NO_HOT_KEY,
        base=25.0,
        hot=0.0,
        dependency=True,
    ),
    Description(
        name="overload",
        title=text("More traffic than Redis can serve, spread evenly: no key is hot"),
        levels=(CALM, Level(errors=0.12, knob=Knob.BASE)),
        keys=Keys(namespaces=16, cost=3.0, skew=0.2, hot_cost=0.0),
        base=8.0,
        hot=0.0,
    ),
    Description(
        name="slow-command",
        title=text("A reporting job keeps Redis busy with sorts over many lists: no key is hot"),
        levels=(CALM, Level(errors=0.12, knob=Knob.BASE, deeds=(ExpensiveJob(8),))),
        keys=Keys(hot_cost=0.0, lists=40),
        base=30.0,
        hot=0.0,
    ),
    Description(
        name="connection-leak",
        title=text("Exports keep their connections: the pools are full and Redis is calm"),
        levels=(CALM, Level(errors=0.12, knob=Knob.HOT)),
        running="v1.9.1",
        fix="v1.8.2",
        keys=NO_HOT_KEY,
        base=40.0,
        hot=0.2,
        exports=True,
    ),
    Description(
        name="alert-storm",
        title=text("Five hundred services raise an alert at once"),
        levels=(CALM, Level(deeds=(Storm(500),))),
        keys=NO_HOT_KEY,
        hot=0.0,
    ),
    Description(
        name="quiet-failure",
        title=text("The metrics vanish in the middle of the incident: the alert resolves, the errors go on"),
        levels=(CALM, HOT_15, Level(errors=0.15, knob=Knob.HOT, deeds=(StopMetrics(),))),
        fix="v1.8.3",
    ),
    Description(
        name="relapse",
        title=text("The heat falls by itself, and returns while the recovery is being watched"),
        levels=(CALM, HOT_15, CALM, HOT_15),
        fix="v1.8.3",
    ),
)

BY_NAME: Mapping[str, Description] = {each.name: each for each in ALL}
