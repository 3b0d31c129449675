"""Session and counter together, on synthetic curls: form cues in time, range by one's own repetitions."""

from firmware.session_world import World, plan
from replay.lifts import curl

from device.signal import form
from device.signal.reps import RepCounter
from repbeat_protocol import exercises
from repbeat_protocol.plan import Item

CURL = exercises.code("biceps_curl")
PERIOD_MS = 3000
LEAD_MS = 2000


class Kept:
    """The recorder's repetitions, with the fields that this looks at."""

    def __init__(self, world: World) -> None:
        self.reps: list[dict[str, int]] = []
        self._rep = world.recorder.rep
        world.recorder.rep = self.rep

    def rep(self, rep, exercise: int, set_index: int, rep_index: int, end_ago_ms: int) -> None:
        self.reps.append({name: getattr(rep, name) for name in ("form_bits", "range_permille", "range_mg")})
        self._rep(rep, exercise, set_index, rep_index, end_ago_ms)


def live(world: World, rows: list[tuple[int, ...]]) -> None:
    """The samples of a sensor, from the world's now on."""
    begun = world.now
    for t_ms, *values in rows:
        world.now = begun + t_ms
        world.session.motion(world.now, *values)
        if t_ms % 100 < 20:
            world.session.tick(world.now)


def trained(item: Item, settings: dict[str, int] | None = None) -> World:
    world = World(plan(item), settings)
    world.counter = RepCounter()
    world.begin()
    world.press()
    return world


def test_a_partial_repetition_is_cued_within_a_second_of_its_end() -> None:
    world = trained(Item(CURL, 1, 8, 20))
    live(world, curl(8)[:-100])  # its last two seconds are still
    begun = world.now
    assert world.cued_at("form") == []
    live(world, curl(1, degrees=65)[100:-50])
    (at,) = world.cued_at("form")
    ended = begun + LEAD_MS + PERIOD_MS
    assert ended - 500 <= at <= ended + 1000, at - ended


def test_lowering_faster_than_the_plans_tempo_is_cued_and_its_own_pace_is_not() -> None:
    for eccentric_ds, cued in ((30, True), (15, False)):
        world = trained(Item(CURL, 1, 8, 20, eccentric_ds=eccentric_ds))
        kept = Kept(world)
        live(world, curl(8))
        assert len(kept.reps) >= 7
        fast = sum(rep["form_bits"] & form.FAST != 0 for rep in kept.reps)
        assert (fast >= 6, "form" in world.cues()) == (cued, cued), fast


def test_range_is_measured_by_ones_own_first_set_after_a_restart_too() -> None:
    world = trained(Item(CURL, 2, 6, 20, rest_s=0))
    live(world, curl(8))
    world.live(10)
    settings = world.settings
    assert f"range{CURL}" in settings
    world = trained(Item(CURL, 1, 6, 20), settings)
    kept = Kept(world)
    live(world, curl(8, degrees=110))
    ranges = sorted(rep["range_permille"] for rep in kept.reps)
    assert 900 <= ranges[len(ranges) // 2] <= 1100
    world = trained(Item(CURL, 1, 6, 20), settings)
    kept = Kept(world)
    live(world, curl(8, degrees=80))
    ranges = sorted(rep["range_permille"] for rep in kept.reps)
    assert ranges[len(ranges) // 2] < 800
    assert "form" in world.cues(), "a whole set of partial repetitions is seen, not taken for usual"
