"""`repbeat bundle`: makes and signs what `repbeat update` brings to devices over the air."""

from __future__ import annotations

import json
from pathlib import Path

import click

from repbeat_protocol import bundle as wire
from repbeat_tools.device import bundle_file
from repbeat_tools.device.command import bar, board_argument, errors_shown, json_option

key_option = click.option(
    "--key",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Made by `repbeat bundle key`.",
)
output_option = click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where it goes."
)


class _Version(click.ParamType[tuple[int, int, int]]):
    name = "MAJOR.MINOR.PATCH"

    def convert(
        self, value: object, param: click.Parameter | None, context: click.Context | None
    ) -> tuple[int, int, int]:
        parts = str(value).split(".")
        if len(parts) != 3 or not all(part.isdigit() and int(part) < 256 for part in parts):
            self.fail(f"{value} is no version such as 0.2.1 (each part below 256)", param, context)
        major, minor, patch = map(int, parts)
        return major, minor, patch


@click.group()
def bundle() -> None:
    """Application bundles: the firmware, compiled and signed, as `repbeat update` brings it over the air."""


@bundle.command()
@output_option
def key(output: Path) -> None:
    """Make a key to sign with: a device takes updates signed with the key pinned on it, and no other.

    Pin it with `repbeat device provision --port P --update-key FILE`; that reads its public half alone.
    """
    try:
        bundle_file.write_key(bundle_file.new_key(), output)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}; a key is never overwritten") from error
    click.echo(f"{output}: keep a copy apart from this computer")


@bundle.command()
@board_argument
@key_option
@output_option
@click.option("--version", type=_Version(), help="Instead of the version that the source names.")
@json_option
def make(board: Path, key: Path, output: Path, version: tuple[int, int, int] | None, as_json: bool) -> None:
    """Compile the firmware of this checkout for BOARD, and sign it."""
    with errors_shown():
        signer = bundle_file.read_key(key)
        with bar("compiling") as compiling:
            content = bundle_file.make(board, signer, version, progress=compiling)
    output.write_bytes(content)
    _show(output, as_json)


@bundle.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Check that it signed."
)
@json_option
def show(file: Path, key: Path | None, as_json: bool) -> None:
    """What is in a bundle; exit code 1 when it is damaged or another key signed it."""
    with errors_shown():
        read = bundle_file.read(file.read_bytes())
        read.check_files()
        if key is not None:
            read.check_signature(bundle_file.read_modulus(key))
    _show(file, as_json)


def _show(file: Path, as_json: bool) -> None:
    read = bundle_file.read(file.read_bytes())
    shown = {
        "file": str(file),
        "board": read.board,
        "version": wire.version_text(read.version),
        "mpy": read.mpy,
        "files": read.files,
        "bytes": read.length,
    }
    if as_json:
        click.echo(json.dumps(shown))
    else:
        click.echo(
            f"{file}: {shown['board']} {shown['version']}, {read.files} files, {read.length} bytes, "
            f".mpy {read.mpy}"
        )
