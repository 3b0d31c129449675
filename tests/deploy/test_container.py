"""The container file without a container engine: its build in a folder, its start, health check and stop.

What is not seen here: the base image and the account that it runs under; docs/running.md says what was.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import tomllib
from pathlib import Path

import pytest
from free_port import free_port

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "companion/repbeat/web/static/vendor"  # brought by `make setup`, as the file's head says
START_S = 120


def instructions() -> list[tuple[str, str]]:
    """(instruction, the rest) of each line, continued ones as one."""
    text = (ROOT / "deploy/Containerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


def all_of(wanted: str) -> list[str]:
    return [rest for word, rest in instructions() if word == wanted]


def test_what_is_copied_is_there_and_what_is_installed_has_a_name() -> None:
    built = [match for rest in all_of("RUN") for match in re.findall(r"-m venv (\S+)", rest)]
    for rest in all_of("COPY"):
        *sources, _ = rest.split()
        from_stage = [one for one in sources if one.startswith("--from=")]
        for source in sources[len(from_stage) :]:
            assert source in built if from_stage else (ROOT / source).exists()
    (extras,) = re.findall(r'install .*"\.\[(.*)\]"', " ".join(all_of("RUN")))
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras.split(",")) <= set(known)
    versions = {rest.split(" AS ")[0] for rest in all_of("FROM")}
    assert len(versions) == 1, "what one Python built another may not run"
    assert all_of("STOPSIGNAL") == ["SIGTERM"]


@pytest.mark.timeout(600)
def test_it_is_installed_starts_answers_and_stops(tmp_path: Path) -> None:
    source, data, venv = tmp_path / "src", tmp_path / "data", tmp_path / "venv"
    copied = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in copied.stdout.splitlines():
        if not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    shutil.copytree(VENDOR, source / VENDOR.relative_to(ROOT), dirs_exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    # The dependencies are those of this environment; only RepBeat itself is built and installed.
    (installed,) = (venv / "lib").glob("python*/site-packages")
    (installed / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([venv / "bin/pip", "install", "-q", *offline, source], check=True)
    assert (installed / "repbeat/web/static/vendor").is_dir()
    port = free_port()
    data.mkdir()
    own = dict(pair.split("=", 1) for rest in all_of("ENV") for pair in rest.split())
    foreign = ("REPBEAT", "PY")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment |= {name: value.replace("/data/", f"{data}/") for name, value in own.items()}
    environment["REPBEAT_PORT"] = str(port)
    command = [*json.loads(all_of("ENTRYPOINT")[0]), *json.loads(all_of("CMD")[0])]
    command[0] = command[0].replace("/opt/repbeat", str(venv))
    check = json.loads(all_of("HEALTHCHECK")[0].removeprefix("CMD "))
    check = [sys.executable, *(part.replace("8040", str(port)) for part in check[1:])]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, cwd=data, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_S
        while subprocess.run(check, capture_output=True).returncode and running.poll() is None:
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.2)
        assert running.poll() is None, (tmp_path / "log").read_text()
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    finally:
        running.kill()
        running.wait()
    assert (data / "repbeat.sqlite3").exists()
