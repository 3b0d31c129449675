"""A band that reads a chest strap as central while a companion reads the band."""

import itertools
from pathlib import Path

from firmware.flash_file import Stored, prepare, stored

from firmware import band as bands
from repbeat_protocol import gatt, heart, records
from repbeat_tools.simulator import Air, Device

STRAP_MAIN = Path(__file__).with_name("strap_main.py").read_bytes()


async def worn_strap(air: Air, folder: Path) -> Device:
    return await air.device("strap", flash_dir=folder / "strap", sources={}, files={"/main.py": STRAP_MAIN})


def of_strap(flash: Path, kind: int) -> list[Stored]:
    return [r for r in stored(flash) if r.kind == kind and r.fields["source"] == records.SOURCE_STRAP]


def test_heart_rate_and_intervals_of_a_strap_are_kept_and_relayed(tmp_path: Path) -> None:
    flash = tmp_path / "band"
    prepare(flash, strap="STRAP", heart_always=1)

    async def scenario() -> None:
        async with bands.world(flash, speed=20) as (air, _):
            strap = await worn_strap(air, tmp_path)
            async with bands.connected(air) as companion:
                values = await companion.listen(gatt.HEART_RATE_MEASUREMENT)
                await bands.until(lambda: sum(value[1] >= 100 for value in values) > 3, 20)
                relayed = next(value for value in values if value[1] >= 100)
                assert relayed[0] & 0x16 == 0x16, "contact and intervals"
                await bands.until(lambda: of_strap(flash, records.HEART), 20)
                await bands.until(lambda: of_strap(flash, records.RR), 20)
            block = of_strap(flash, records.HEART)[0]
            seen = [bpm for bpm, state in block.samples if state == heart.GOOD]
            assert len(seen) > 60
            steps = [(b - a) % 40 for a, b in itertools.pairwise(seen)]
            skipped = sum(step > 2 for step in steps)
            assert skipped <= len(steps) // 20, "each second has its own value; stutters cost a few"
            _, _, intervals = heart.read_rr(of_strap(flash, records.RR)[0].payload)
            assert len(intervals) > 100
            assert set(intervals[1::2]) == {520}
            assert set(intervals[::2]) <= set(range(500, 508))

            # the strap goes, and comes again
            await strap.kill()
            await strap.power_on()
            async with bands.connected(air) as companion:
                values = await companion.listen(gatt.HEART_RATE_MEASUREMENT)
                await bands.until(lambda: any(value[1] >= 100 for value in values), 20)

    bands.run(scenario)


def of_strap_now(values: list[bytes], since: int) -> bool:
    return any(value[1] >= 100 for value in values[since:])


def test_another_heart_rate_sensor_is_left_alone(tmp_path: Path) -> None:
    flash = tmp_path / "band"
    prepare(flash, strap="POLAR", heart_always=1)

    async def scenario() -> None:
        async with bands.world(flash, speed=20) as (air, band):
            await worn_strap(air, tmp_path)
            async with bands.connected(air) as companion:
                values = await companion.listen(gatt.HEART_RATE_MEASUREMENT)
                await bands.until(lambda: len(values) > 25, 20)
                assert not of_strap_now(values, 0)
                assert band.powered

    bands.run(scenario)
