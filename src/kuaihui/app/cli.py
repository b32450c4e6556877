"""The command `kuaihui`: one word a wish."""

from __future__ import annotations

import typer

from kuaihui.app.commands import catalog, demo, doctor, drill, house, incidents, keeping, learning, repairing, replay, try_feishu

cli = typer.Typer(
    name="kuaihui",
    help="Kuaihui (快恢): incident response for teams who live in Feishu/Lark.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

for word in (
    house.up,
    demo.demo,
    try_feishu.try_feishu,
    drill.drill,
    catalog.check,
    catalog.oncall,
    doctor.doctor,
    incidents.incidents,
    incidents.show,
    incidents.declare,
    incidents.ack,
    incidents.say,
    incidents.role,
    incidents.do,
    incidents.inbox,
    repairing.propose,
    repairing.choose,
    repairing.hotfix,
    repairing.hotfixes,
    repairing.gate,
    repairing.report,
    learning.review,
    learning.tasks,
    keeping.why,
    keeping.verify,
    keeping.export,
    replay.replay,
    house.token,
):
    cli.command()(word)


def main() -> None:
    """Run the command line."""
    cli()
