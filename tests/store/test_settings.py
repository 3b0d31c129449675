"""Settings: two copies, so that a cut at any byte leaves the old or the new table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from device.store.settings import BadSetting, Settings, SettingsFull
from repbeat_tools.faults.nor import PowerCut

Flash = Callable[..., Any]


def test_defaults_are_the_firmwares_own(flash: Flash) -> None:
    settings = Settings(flash(2))
    assert (settings.get("athlete"), settings.get("name"), settings.get("strap")) == (0, "", "")
    assert settings.get("unheard", 7) == 7
    assert settings.names() == []


def test_what_is_set_survives_a_reboot(flash: Flash) -> None:
    nor = flash(2)
    settings = Settings(nor)
    settings.update({"athlete": 0xFFFFFFFF, "name": "Zoë's band", "key.1": "00ff" * 16})
    settings.set("max_bpm", 190)
    settings.set("key.1", None)
    again = Settings(nor)
    assert {name: again.get(name) for name in again.names()} == {
        "athlete": 0xFFFFFFFF,
        "name": "Zoë's band",
        "max_bpm": 190,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_bpm", 231), ("athlete", -1), ("name", "x" * 21), ("name", 5), ("heart_always", "1"), ("x", 1.5)],
)
def test_a_bad_value_changes_nothing(flash: Flash, name: str, value: Any) -> None:
    nor = flash(2)
    settings = Settings(nor)
    settings.set("athlete", 3)
    with pytest.raises(BadSetting):
        settings.update({"athlete": 4, name: value})
    assert settings.get("athlete") == Settings(nor).get("athlete") == 3


def test_a_table_too_large_is_refused_whole(flash: Flash) -> None:
    settings = Settings(flash(2))
    with pytest.raises(SettingsFull):
        settings.update({f"key.{i}": "0" * 64 for i in range(60)})
    assert settings.names() == []


def test_setting_the_same_again_wears_nothing(flash: Flash) -> None:
    nor = flash(2)
    settings = Settings(nor)
    settings.set("athlete", 3)
    done = nor.operations
    settings.set("athlete", 3)
    assert nor.operations == done


def test_a_cut_at_every_byte_leaves_the_old_or_the_new(flash: Flash) -> None:
    seen = set()
    for operation in (0, 1, 2):  # the erase, the program, and after both
        for at in range(50):
            nor = flash(2, at + 1)
            settings = Settings(nor)
            settings.update({"athlete": 1, "name": "old"})
            nor.cut(operation, at)
            try:
                settings.update({"athlete": 2, "name": "new"})
                nor.steady()
            except PowerCut:
                pass
            again = Settings(nor)
            table = (again.get("athlete"), again.get("name"))
            assert table in ((1, "old"), (2, "new"))
            seen.add(table)
            again.set("athlete", 9)
            assert (Settings(nor).get("athlete"), Settings(nor).get("name")) == (9, table[1])
    assert seen == {(1, "old"), (2, "new")}


def test_erasing_leaves_no_key_behind(flash: Flash) -> None:
    nor = flash(2)
    settings = Settings(nor)
    settings.set("key.1", "c0ffee")
    settings.set("key.2", "deadbeef")
    settings.erase({"key.2": "deadbeef"})
    assert b"c0ffee" not in nor.cells
    assert Settings(nor).names() == ["key.2"]
    settings.erase({})
    assert b"deadbeef" not in nor.cells
    assert Settings(nor).names() == []
