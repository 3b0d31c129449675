"""The `repbeat` command as somebody meets it: with everything, without the tools, after an update."""

import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points

import pytest
from click.testing import CliRunner

from repbeat import cli


def helped() -> str:
    done = CliRunner().invoke(cli.main, ["--help"])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_help_names_every_command_once_with_its_whole_sentence() -> None:
    names = [name for section in cli.SECTIONS.values() for name in section]
    assert sorted(names) == sorted(point.name for point in entry_points(group=cli.GROUP))
    said = helped()
    assert "..." not in said.partition("Options:")[2]
    assert f"{cli.MORE}:" not in said
    for title in cli.SECTIONS:
        assert f"\n{title}:\n" in said


WITHOUT_TOOLS = """
import sys
sys.modules["serial"] = sys.modules["bumble"] = None
from repbeat.cli import main
main(sys.argv[1:])
"""


def without_tools(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_TOOLS, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_without_the_tools_the_rest_is_there_and_says_what_to_install() -> None:
    said = without_tools("--help")
    assert said.returncode == 0, said.stderr
    assert "needs serial: pip install 'repbeat[tools]'" in said.stdout
    assert "Show the pages" in said.stdout
    refused = without_tools("device", "list")
    assert (refused.returncode, "repbeat[tools]" in refused.stderr) == (1, True)


@pytest.mark.parametrize("value", ["repbeat.hub.command:gone", "repbeat.gone:command"])
def test_an_update_without_set_up_says_so(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("old", value, cli.GROUP)
    monkeypatch.setattr(cli, "entry_points", lambda **_: [point])
    done = CliRunner().invoke(cli.main, ["old"])
    assert (done.exit_code, "make setup" in done.stderr) == (1, True)
    assert "make setup" in helped()
