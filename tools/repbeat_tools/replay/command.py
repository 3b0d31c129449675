"""`repbeat replay`: the firmware's signal code over folders of recordings, scored against their truth."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

SIGNALS = ("reps", "heart", "rr", "form", "exercise", "claims")
"""Each is a module beside this one that holds a click command of the same name."""


class Signals(click.Group):
    """Subcommands load only when named: one signal's imports never delay or break another's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in SIGNALS if find_spec(f"repbeat_tools.replay.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(import_module(f"repbeat_tools.replay.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - our own module's contract
        return command


@click.group(cls=Signals)
def replay() -> None:
    """Run recordings through the firmware's signal code, sample by sample, and score it.

    \b
    A folder of recordings holds
      reps, form, exercise, claims: index.csv (set_id, source, participant, exercise, equipment,
        sensor_site, quality, expected_reps), sets/SET_ID.csv (t_ms, ax, ay, az in g, gx, gy, gz in
        deg/s) and, where somebody recounted, recount.csv (set_id, count, confidence);
      heart: index.csv (rec_id, source, subject), REC_ID.csv.gz (t_ms, ppg1, and ppg2, ax, ay, az where
        there are) and REC_ID_hr.csv (start_s, end_s, bpm) or REC_ID_rpeaks.csv;
      rr: one CSV a series with a column rr_ms, and index.csv where their figures are known.
    """
