"""Settings: where each comes from, and a helpful error for each kind of mistake."""

import configparser
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from repbeat.web import settings
from repbeat.web.command import serve
from repbeat.web.settings import BadSettings, Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def test_options_stand_above_the_environment_and_that_above_the_file(tmp_path: Path) -> None:
    file = tmp_path / "repbeat.toml"
    file.write_text('host = "::1"\nport = 1\nthreads = 3\n')
    found = settings.read(file, {"REPBEAT_PORT": "2", "REPBEAT_THREADS": "4"}, {"port": 5, "host": None})
    assert (found.host, found.threads, found.port) == ("::1", 4, 5)
    assert settings.read(None, {"REPBEAT_CONFIG": str(file)}).port == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 80", ["prot", "port"]),
        ("port = 99999", ["port", "99999", "65535"]),
        ('port = "eighty"', ["port", "eighty"]),
        ('access = "everyone"', ["access", "everyone"]),
        ("threads = 1", ["threads", ">= 2"]),
        ("threads = true", ["threads"]),
        ("port = ", ["no TOML"]),
        ('log_level = "loud"', ["log_level", "loud"]),
        ("[server]\nport = 1", ["server", "there are:"]),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, says: list[str]) -> None:
    file = tmp_path / "repbeat.toml"
    file.write_text(text)
    with pytest.raises(BadSettings) as error:
        settings.read(file, {})
    assert all(word in str(error.value) for word in [*says, str(file)])


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"REPBEAT_PORT": "http"}, ["REPBEAT_PORT", "http"]),
        ({"REPBEAT_HUB": "perhaps"}, ["REPBEAT_HUB", "perhaps"]),
        ({"REPBEAT_TRUSTED_PROXIES": "-1"}, ["REPBEAT_TRUSTED_PROXIES"]),
        ({"REPBEAT_CONFIG": "/nowhere/repbeat.toml"}, ["/nowhere/repbeat.toml", "make it"]),
    ],
)
def test_a_mistake_in_the_environment_is_named(environment: dict[str, str], says: list[str]) -> None:
    with pytest.raises(BadSettings) as error:
        settings.read(None, environment)
    assert all(word in str(error.value) for word in says)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read"):
        settings.read(tmp_path, {})
    binary = tmp_path / "repbeat.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match="no TOML"):
        settings.read(binary, {})


def test_serve_ends_with_the_mistake(tmp_path: Path) -> None:
    file = tmp_path / "repbeat.toml"
    file.write_text("port = 99999")
    answer = CliRunner().invoke(serve, ["--config", str(file), "--database", str(tmp_path / "db")])
    assert answer.exit_code == 1
    assert "port = 99999 cannot be" in answer.output
    assert "Traceback" not in answer.output


def test_the_example_names_every_setting_with_its_default() -> None:
    text = (DEPLOY / "repbeat.toml").read_text()
    given = tomllib.loads(text)
    assert given == {
        name: value for name, value in msgspec.structs.asdict(Settings()).items() if value is not None
    }
    assert "# database = " in text


def test_the_unit_starts_what_there_is() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "repbeat.service")
    program, command, *options = unit["Service"]["ExecStart"].split()
    assert (Path(program).name, command) == ("repbeat", "serve")
    known = {name for parameter in serve.params for name in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known
    assert unit["Service"]["KillSignal"] == "SIGTERM"


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd: `apt-get install systemd`"
)
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (DEPLOY / "repbeat.service").read_text().replace("/opt/repbeat/bin/repbeat", "/bin/true")
    unit = tmp_path / "repbeat.service"
    unit.write_text(text)
    answer = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60
    )
    assert [line for line in answer.stderr.splitlines() if "repbeat.service" in line] == []
