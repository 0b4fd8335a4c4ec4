"""The page of `doctor`, worded from values."""

from __future__ import annotations

from lockenv.files.abilities import Abilities
from lockenv.operations.configuration import Setting
from lockenv.operations.doctor import Certificates, Configured, Diagnosis, FileSystems, Git, Program
from lockenv.operations.index_answers import IndexAnswer
from lockenv.operations.obstacle import Obstacle
from lockenv.operations.project_state import ProjectState
from lockenv.report.doctor import page, report

WRITABLE = Abilities(
    directory="/home/ann/.cache/lockenv",
    kind="btrfs",
    free=3 << 30,
    hard_links=True,
    symbolic_links=True,
    reflinks=True,
    is_case_sensitive=True,
)
CLOSED = Abilities(directory="/srv/kettle", kind="", free=-1, refusal="Read-only file system")


def diagnosis(*obstacles: Obstacle) -> Diagnosis:
    return Diagnosis(
        program=Program(
            version="1.0",
            distribution="pylockenv",
            location="/opt/lockenv",
            python="3.12.1",
            implementation="CPython",
            executable="/usr/bin/python3",
            platform="Linux",
        ),
        project=ProjectState(
            directory="/srv/kettle",
            files=("pyproject.toml", "lockenv.toml"),
            requires_python=">=3.11",
            lock="pylock.toml",
            lock_state="usable",
            packages=1,
            environment=".venv",
            environment_state="missing",
            base_python="/usr/bin/python3.12",
        ),
        file_systems=FileSystems(cache=WRITABLE, environment=CLOSED, can_link=False),
        is_offline=False,
        indexes=(
            IndexAnswer(name="house", url="https://****@index.example/simple/", is_asked=True, status=401)
            if obstacles
            else IndexAnswer(name="", url="https://index.example/simple/", is_asked=True, status=200, milliseconds=31),
        ),
        certificates=Certificates(file="/etc/house.pem", source="SSL_CERT_FILE"),
        git=Git(),
        pythons=(),
        configured=Configured(
            path="/home/ann/.config/lockenv/lockenv.toml",
            is_there=False,
            settings=(Setting("cert", "/etc/house.pem", "SSL_CERT_FILE"),),
            variables=("CI",),
        ),
        obstacles=obstacles,
    )


def test_page_has_a_line_for_each_part() -> None:
    assert list(page(diagnosis())) == [
        "lockenv        1.0 (pylockenv), /opt/lockenv",
        "run by         CPython 3.12.1, /usr/bin/python3",
        "platform       Linux",
        "project        /srv/kettle: pyproject.toml, lockenv.toml; requires Python >=3.11",
        "lockfile       pylock.toml: usable, 1 package",
        "environment    .venv: missing, would use /usr/bin/python3.12",
        "pythons        none found",
        "cache          /home/ann/.cache/lockenv: writable, btrfs, 3.0 GiB free, hard links, symbolic links, reflinks, "
        "case-sensitive",
        "               size: see `lockenv cache size`",
        "file system    /srv/kettle: not writable (Read-only file system)",
        "               files of the cache are copied into the environment",
        "indexes        https://index.example/simple/: 200 in 31 ms",
        "certificates   /etc/house.pem (SSL_CERT_FILE)",
        "git            none",
        "configuration  /home/ann/.config/lockenv/lockenv.toml (not found)",
        "settings       cert  /etc/house.pem  (SSL_CERT_FILE)",
        "variables      CI (values not shown)",
    ]


def test_page_ends_with_what_is_in_the_way_and_what_helps() -> None:
    obstacle = Obstacle(
        message="pylock.toml is \x1b[2Jout of date", hint="run `lockenv lock`", place="pyproject.toml:5"
    )

    assert list(page(diagnosis(obstacle)))[-2:] == [
        "in the way     pylock.toml is \\x1b[2Jout of date [pyproject.toml:5]",
        "               hint: run `lockenv lock`",
    ]
    assert report(diagnosis(obstacle))["obstacles"] == [
        {"message": "pylock.toml is \x1b[2Jout of date", "hint": "run `lockenv lock`", "place": "pyproject.toml:5"}
    ]
