"""The plan: what of it the counter is told, and a new one that arrives meanwhile."""

from firmware.session_world import World, plan

from device.session.execution import Execution
from repbeat_protocol.plan import Item, Plan


def check_the_fewest_planned_repetitions_reach_the_counter():
    world = World(plan(Item(1, 1, 3, 5)))
    world.press()
    assert world.counter.least_reps == 3


def check_the_planned_lowering_time_reaches_the_counter():
    world = World(plan(Item(1, 1, 6, 8, eccentric_ds=35)))
    world.press()
    assert world.counter.lowering_ms == 3500


def check_a_new_plan_waits_for_the_end_of_the_set():
    world = World(plan(Item(1, 3, 6, 8, load_g=60000, rest_s=60), Item(5, 1, 8, 10, rest_s=60)))
    world.press()
    world.reps(4)
    world.plans.waiting = Plan(8, [Item(1, 3, 6, 8, load_g=50000, rest_s=60), Item(5, 2, 8, 10, rest_s=60)])
    world.reps(4)
    assert world.session.execution.revision == 7, "not within a set"
    world.live(10)
    assert world.session.execution.revision == 8
    assert "plan_applied" in world.cues()
    item = world.session.execution.item
    assert (item.exercise, item.load_g) == (1, 50000)
    for _ in range(2):
        world.live(60)
        world.reps(8)
        world.live(9)
    assert world.session.execution.item.exercise == 5, "the set done before counts"


def check_a_new_plan_is_applied_when_idle_and_at_the_start():
    world = World()
    world.plans.waiting = plan(Item(1, 1, 6, 8))
    world.live(1)
    assert world.plans.plan.revision == 7
    assert world.cues() == ["plan_applied"]
    world.plans.waiting = Plan(9, [Item(2, 1, 6, 8)])
    world.press()
    assert world.session.execution.revision == 9


def check_execution_skips_what_was_done_before():
    new = Plan(2, [Item(1, 2, 5, 8), Item(5, 2, 5, 8), Item(1, 1, 5, 8)])
    execution = Execution(new, {1: 2, 5: 1})
    assert execution.item_index == 1
    execution.set_done()
    assert execution.item_index == 2, "the third item is another set of exercise 1"
    execution.set_done()
    assert execution.done
    assert Execution(new, {1: 3, 5: 2}).done
