"""`repbeat update`: a signed application bundle to a device, and what became of it there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from repbeat.hub.errors import ContentRefused, HubError, LinkLost
from repbeat.hub.hub import Hub
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.hub.link import Link
from repbeat.hub.push import Sender
from repbeat.store import Database
from repbeat.store.console import errors_shown, json_option, print_json, progress_bar
from repbeat.store.location import Location, database_option
from repbeat_protocol import bundle, gatt, transfer

TRANSFER_S = 1800.0  # a bundle of 180 kB over a slow link, cut now and then
TRIAL_S = 240.0  # until a device that restarted has come back
RESTART_S = 6.0  # it restarts three seconds after the last byte, and boots in two
PROVED_S = 3.0  # a connection of that length proves the link to the device
TRIAL_AND_RETURN = 2  # boots
RUNS, RETURNED, WAITS = "runs", "returned", "waits"
SAID = {
    RUNS: "runs {version}",
    RETURNED: "tried {version} and returned to {after}: its log says why (`repbeat sync`)",
    WAITS: "holds {version}, and starts it when nobody trains and its cell is charged",
}


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one device. `outcome`: "runs", "returned", "waits" (accepted, not started yet)."""

    device_id: str
    before: str
    after: str
    outcome: str


class BundleUnreadable(HubError):
    """The file is no bundle, or damaged: make it again."""


def read(file: Path) -> tuple[bytes, bundle.Bundle]:
    """A bundle and its manifest. BundleUnreadable."""
    content = file.read_bytes()

    def fill(offset: int, into: memoryview) -> None:
        into[:] = content[offset : offset + len(into)]

    try:
        found = bundle.Bundle(fill, len(content))
        found.check_files()
    except bundle.BundleDamaged as error:
        raise BundleUnreadable(f"{file}: {error}: make or download it again") from error
    return content, found


def ident(version: str) -> int:
    """The transfer's number of a version: greater is newer."""
    major, minor, patch = map(int, version.split("."))
    return major << 16 | minor << 8 | patch


async def _look(link: Link) -> tuple[str, int]:
    """(firmware, boots) of a device; staying that long proves the link to it."""
    firmware = await link.text(gatt.FIRMWARE_REVISION)
    boot = (await link.info()).boot
    await asyncio.sleep(PROVED_S)
    return firmware, boot


async def bring(
    hub: Hub, device_id: str, content: bytes, version: str, progress: Callable[[int, int], None]
) -> Updated:
    """Bring a bundle to one device and see it through its trial. HubError."""

    async def push(link: Link) -> ContentRefused | None:
        sender = Sender(link)
        await sender.open()
        try:
            await sender.send(transfer.FIRMWARE, ident(version), content, progress)
        except ContentRefused as refusal:
            return refusal
        return None

    before, boots = await hub.with_device(device_id, _look)
    refusal = await hub.with_device(device_id, push, TRANSFER_S)
    if refusal is not None:
        raise refusal
    after, outcome = before, WAITS
    with suppress(TimeoutError, LinkLost):
        async with asyncio.timeout(TRIAL_S):
            while outcome == WAITS:
                await asyncio.sleep(RESTART_S)
                after, now = await hub.with_device(device_id, _look, TRIAL_S)
                if after == version:
                    outcome = RUNS
                elif now - boots >= TRIAL_AND_RETURN:
                    outcome = RETURNED
    return Updated(device_id=device_id, before=before, after=after, outcome=outcome)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--device", "device_ids", multiple=True, required=True, help="As `repbeat devices` names it.")
@json_option
@database_option
def update(file: Path, device_ids: tuple[str, ...], as_json: bool, database: Location) -> None:
    """Bring a signed bundle (`repbeat bundle make`) to devices in reach, and see them through its trial.

    A device takes it in any moment but a session, and starts it when nobody trains and its cell holds. It
    keeps it once sensors, log and link have proved well; else it returns to what ran before by itself, and
    says why in its log. What was recorded stays in every case. Exit code 1 when a device does not run it.
    """
    done: list[dict[str, str]] = []
    with errors_shown(HubError), Database(database) as db:
        content, found = read(file)
        version = bundle.version_text(found.version)
        for device_id in device_ids:
            hub = Hub(db, keys=DeviceKeys(path_for(database)))
            row = {"device_id": device_id, "version": version, "outcome": "", "problem": ""}
            try:
                with progress_bar(device_id) as seen:
                    row.update(
                        msgspec.to_builtins(asyncio.run(bring(hub, device_id, content, version, seen)))
                    )
            except HubError as error:
                row["problem"] = str(error)
            done.append(row)
    if as_json:
        print_json({"updated": done})
    for row in () if as_json else done:
        click.echo(f"{row['device_id']}: {row['problem'] or SAID[row['outcome']].format(**row)}")
    if any(row["outcome"] != RUNS for row in done):
        raise click.exceptions.Exit(1)
