"""
From the alert to the cause, without a person: how long the first look takes on real parts, and whether it names the right one.

A stage stands (real Prometheus where it is installed, a real Redis, the config center with its pools of four connections, a gateway), its
fault is turned on, its rule fires, and the alert goes to a whole house through its door. For the hot key: seconds from the alert's arrival
to "hot key confirmed by a check", the median of the rounds, each with a house that knows nothing yet; the named peer is the story's own
people, who had it after the five minutes that 1-5-10 gives them. For the other faults: what stands first in the list of hypotheses, and
that no hot key is claimed.

    python bench/first_look.py [--rounds 5] [--faults NAME ...] [--own-parts] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.language import say
from tests.app.drill.first_look import CAUSES, HOT, Seen, on_stage

LOCATE = 300.0  # seconds: the 5 of 1-5-10


async def hot_key(folder: Path, rounds: int, own_parts: bool) -> None:
    async with on_stage(BY_NAME[HOT], folder, own_parts=own_parts) as staged:
        for words in staged.stage.what_is_real:
            print("  " + say(words, "en"))
        await staged.stage.heat(1)
        seen = [await staged.look() for _ in range(rounds)]
    named = [one.confirmed_in for one in seen if one.confirmed_in is not None and one.confirmed == {"redis-hot-key"}]
    print(f"  hot key confirmed in {len(named)} of {rounds} rounds", end="")
    if named:
        median = statistics.median(named)
        print(f"; {median:.1f} s median, {max(named):.1f} s at most: 1/{LOCATE / median:.0f} of the five minutes people are given", end="")
    print(f"; pictures in the topic: {min(one.pictures for one in seen)}")
    tell(seen[-1])


async def fault(name: str, folder: Path, own_parts: bool) -> None:
    async with on_stage(BY_NAME[name], folder, own_parts=own_parts) as staged:
        seen = await staged.look(level=1)
    right = "right" if seen.first == CAUSES[name] and not seen.hot_key_claimed else "WRONG"
    print(f"{name}: {right}: first {seen.first}, wanted {CAUSES[name]}; hot key claimed: {'yes' if seen.hot_key_claimed else 'no'}")
    tell(seen)


def tell(seen: Seen) -> None:
    for cause, score in seen.ranked:
        print(f"    {score:4.2f} {cause}{' (confirmed)' if cause in seen.confirmed else ''}")
    for words in seen.said:
        print("      " + words)


async def main(rounds: int, faults: list[str], own_parts: bool) -> None:
    for name in faults:
        with tempfile.TemporaryDirectory(prefix="kuaihui-bench-") as folder:
            if name == HOT:
                print(name)
                await hot_key(Path(folder), rounds, own_parts)
            else:
                await fault(name, Path(folder), own_parts)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--faults", nargs="*", choices=list(CAUSES), default=list(CAUSES))
    arguments.add_argument("--own-parts", action="store_true", help="leave nginx, Prometheus and Alertmanager aside")
    arguments.add_argument("--quick", action="store_true", help="one round of the hot key alone")
    asked = arguments.parse_args()
    asyncio.run(main(1 if asked.quick else asked.rounds, [HOT] if asked.quick else asked.faults, asked.own_parts))
