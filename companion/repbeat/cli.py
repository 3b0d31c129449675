"""The `repbeat` command: gathers its subcommands from the installed entry points."""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from repbeat import __version__


class Commands(click.Group):
    """Subcommands load only when named, so `repbeat serve` starts without the tools' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group="repbeat.commands"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for point in entry_points(group="repbeat.commands", name=cmd_name):
            command = point.load()
            if not isinstance(command, click.Command):
                raise click.ClickException(f"{point.value} is not a click command: reinstall the package")
            return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="repbeat")
def main() -> None:
    """Training intelligence you own: bands and gym sensors, and the companion that keeps their sessions."""
