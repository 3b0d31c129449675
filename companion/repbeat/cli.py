"""The `repbeat` command: gathers its subcommands from the installed entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

from repbeat import __version__

GROUP = "repbeat.commands"
SECTIONS = {
    "Training": (
        *("serve", "sync", "plan", "programme", "health", "learned", "explain"),
        *("import", "services", "report", "summary", "verify"),
    ),
    "Devices": ("device", "devices", "update", "bundle", "power"),
    "Your data": ("backup", "backup-key", "restore", "check", "export", "erase", "rederive"),
    "A gym, and people": ("people", "token", "hub", "machines", "fleet"),
    "Trying and developing": ("demo", "replay", "simulate", "bench", "faults", "load"),
}
MORE = "More"  # of other distributions
LONGEST = 200  # characters of a command's first sentence


class Commands(click.Group):
    """Subcommands load only when named, so `repbeat serve` starts without the tools' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group=GROUP))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for point in entry_points(group=GROUP, name=cmd_name):
            return _loaded(point)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By what one wants to do, each with its whole first sentence."""
        names = self.list_commands(ctx)
        listed = {name for section in SECTIONS.values() for name in section}
        more = tuple(name for name in names if name not in listed)
        for title, section in (*SECTIONS.items(), (MORE, more)):
            rows = [(name, self._sentence(ctx, name)) for name in section if name in names]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows, col_max=12)

    def _sentence(self, ctx: click.Context, name: str) -> str:
        try:
            command = self.get_command(ctx, name)
        except click.ClickException as error:
            return error.message
        return command.get_short_help_str(LONGEST) if command else ""


def _loaded(point: EntryPoint) -> click.Command:
    """ClickException says what to install."""
    try:
        command = point.load()
    except (ImportError, AttributeError) as error:
        missing = ((error.name or "") if isinstance(error, ImportError) else "").partition(".")[0]
        if not missing or missing.startswith("repbeat"):
            raise click.ClickException(
                f"{point.value} is not there: what is installed is of another version than the code; "
                "`make setup` in the checkout, or install the package again"
            ) from error
        raise click.ClickException(f"needs {missing}: pip install 'repbeat[tools]'") from error
    if not isinstance(command, click.Command):
        raise click.ClickException(f"{point.value} is not a click command: reinstall the package")
    return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="repbeat")
def main() -> None:
    """Training intelligence you own: bands and gym sensors, and the companion that keeps their sessions.

    Begin with `repbeat demo`, or with `repbeat serve` when there is a device.
    """
