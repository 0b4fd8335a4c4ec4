from __future__ import annotations

import pytest

from lockenv.cli.options import COMMANDS, options_of
from lockenv.cli.parser import parse
from lockenv.cli.without_command import color_choice
from lockenv.errors import UsageError
from lockenv.project.user import OPTIONS


def test_options_may_be_before_the_command_or_after_it() -> None:
    before = parse(["-q", "--project", "lock", "check"], {})
    after = parse(["check", "-q", "--project", "lock"], {})

    assert before == after
    assert (before[0], before[1]["quiet"], before[1]["project"]) == ("check", True, "lock")


def test_command_line_wins_over_the_environment() -> None:
    _, values = parse(
        ["sync", "--extra", "a"], {"LOCKENV_EXTRA": "b c", "LOCKENV_GROUP": "d e", "LOCKENV_OFFLINE": "1"}
    )

    assert (values["extra"], values["group"], values["offline"]) == (["a"], ["d", "e"], True)


def test_variable_that_is_no_flag_is_an_error() -> None:
    with pytest.raises(UsageError, match="invalid value `perhaps` for LOCKENV_OFFLINE"):
        parse(["sync"], {"LOCKENV_OFFLINE": "perhaps"})


def test_rest_of_run_belongs_to_the_command() -> None:
    _, values = parse(["run", "-q", "python", "-c", "1", "--quiet"], {})

    assert (values["quiet"], values["argv"]) == (True, ["python", "-c", "1", "--quiet"])


@pytest.mark.parametrize("argv", [[], ["frobnicate"], ["lock", "--nonsense"], ["--project"]], ids=" ".join)
def test_nonsense_is_a_usage_error(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(argv, {})


def test_no_two_options_of_a_command_share_a_flag_or_a_name() -> None:
    for command in COMMANDS:
        options = options_of(command)
        flags = [flag for option in options for flag in option.flags]
        assert len(flags) == len(set(flags)), command.name
        assert len(options) == len({option.dest for option in options}), command.name


def test_words_may_be_on_both_sides_of_an_option() -> None:
    _, values = parse(["add", "a", "--dry-run", "b"], {})

    assert (values["requirements"], values["dry_run"]) == (["a", "b"], True)


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ([], "a command is required"),
        (["--quite"], "unknown option `--quite`; did you mean `--quiet`?"),
        (["synk"], "unknown command `synk`; did you mean `sync`?"),
        (["zzz"], "unknown command `zzz`"),
        (["uninstall", "x"], "unknown command `uninstall`; did you mean `remove`?"),
        (["help", "synk"], "unknown command `synk`; did you mean `sync`?"),
        (["sync", "--forzen"], "`lockenv sync` has no option `--forzen`; did you mean `--frozen`?"),
        (["sync", "--forzen=1"], "`lockenv sync` has no option `--forzen`; did you mean `--frozen`?"),
        (["check", "surplus"], "`lockenv check` has no argument `surplus`"),
        (["check", "--format", "xml"], "invalid value `xml` for --format; expected one of text, json, github, sarif"),
        (["cache", "seize"], "invalid value `seize` for action; expected one of dir, size, prune, clean, verify; "),
        (["why"], "`lockenv why` requires NAME"),
        (["sync", "--python"], "--python requires a value"),
    ],
)
def test_complaint_says_what_is_wrong_and_what_may_have_been_meant(argv: list[str], complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv, {})

    assert caught.value.message.startswith(complaint)
    assert caught.value.hint.startswith("see `lockenv ")


def test_configured_options_count_least() -> None:
    def configured(_project: str) -> dict[str, object]:
        return {"offline": True, "cert": "mine.pem", "allow_http": ["a"], "unknown": 1}

    _, values = parse(["lock", "--cert", "other.pem"], {"LOCKENV_ALLOW_HTTP": "b"}, configured)

    names = ("offline", "cert", "allow_http")
    assert [values[name] for name in names] == [True, "other.pem", ["b"]]
    sources = values["sources"]
    assert isinstance(sources, dict)
    assert [sources[name] for name in names] == ["configuration", "command line", "LOCKENV_ALLOW_HTTP"]
    assert "unknown" not in values


def test_options_that_a_user_may_configure_are_options_of_their_kind() -> None:
    kinds = {"flag": bool, "count": bool, "value": str, "list": list, "choice": str}
    known = {
        option.dest.replace("_", "-"): kinds.get(option.kind) for command in COMMANDS for option in options_of(command)
    }

    assert {key: known.get(key) for key in OPTIONS} == dict(OPTIONS)


@pytest.mark.parametrize(
    ("words", "environ", "level"),
    [
        (["lock"], {}, 0),
        (["-v", "lock"], {}, 1),
        (["lock", "-v", "-q", "--verbose"], {}, 2),
        (["-vv", "lock"], {}, 2),
        (["lock", "-qvv"], {}, 2),
        (["lock"], {"LOCKENV_VERBOSE": "1"}, 1),
        (["lock"], {"LOCKENV_VERBOSE": "2"}, 2),
        (["lock", "-v"], {"LOCKENV_VERBOSE": "2"}, 1),
        (["lock"], {"LOCKENV_VERBOSE": "no"}, 0),
    ],
)
def test_repeated_flag_says_more(words: list[str], environ: dict[str, str], level: int) -> None:
    assert parse(words, environ)[1]["verbose"] == level


def test_variable_of_a_count_that_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match="invalid value `much` for LOCKENV_VERBOSE"):
        parse(["lock"], {"LOCKENV_VERBOSE": "much"})


@pytest.mark.parametrize(("words", "name"), [(["install"], "sync"), (["-q", "list", "idna"], "tree")])
def test_word_of_another_tool_is_the_command(words: list[str], name: str) -> None:
    assert parse(words, {})[0] == name


@pytest.mark.parametrize(
    ("argv", "complaint", "command"),
    [
        (["update", "idna"], "`update` is not a command", "`lockenv lock -P NAME`"),
        (["self", "update"], "`self` is not a command", "`lockenv --version`"),
        (["tool", "run", "ruff"], "`tool` is not a command", "`lockenv run --with ruff ruff`"),
        (["format"], "`format` is not a command", "`lockenv run"),
        (["python", "upgrade"], "`lockenv python upgrade` is not a command", "`lockenv lock --upgrade`"),
        (["tree", "--script", "a.py"], "`lockenv tree` has no option `--script`", "`lockenv lock --script FILE.py`"),
        (
            ["init", "--script", "a.py"],
            "`lockenv init` has no option `--script`",
            "`lockenv add --script FILE.py NAME`",
        ),
        (["run", "-c", "pass"], "`lockenv run` has no option `-c`", "`lockenv run python -c"),
        (["run", "--isolated", "x"], "`lockenv run` has no option `--isolated`", "`--with NAME`"),
        (["add", "x", "--extra", "e"], "`lockenv add` has no option `--extra`", "`NAME[EXTRA]`"),
        (
            ["lock", "--prerelease", "allow"],
            "`lockenv lock` has no option `--prerelease`",
            "set `prerelease` in [tool.",
        ),
        (["sync", "--no-build"], "`lockenv sync` has no option `--no-build`", "set `no-build` in [tool.lockenv]"),
        (["sync", "-U"], "`lockenv sync` has no option `-U`", "`lockenv lock --upgrade` first"),
        (["tree", "-d", "1"], "`lockenv tree` has no option `-d`", "`--depth N`"),
        (["tree", "-i", "idna"], "`lockenv tree` has no option `-i`", "`--invert NAME`"),
        (["diff", "-p", "3"], "`lockenv diff` has no option `-p`", "`lockenv diff --help`"),
        (["add", "-e", "."], "`lockenv add` has no option `-e`", "`--editable DIR`"),
        (["lock", "--upgrade", "idna"], "`lockenv lock` has no argument `idna`", "`lockenv lock -P NAME`"),
        (["export", "r.txt"], "`lockenv export` has no argument `r.txt`", "`--output FILE`"),
        (["licenses", "--json"], "`lockenv licenses` has no option `--json`", "`--format json`"),
        (["cache"], "`lockenv cache` requires one of dir, size, prune, clean, verify", "`lockenv cache --help`"),
        (
            ["python"],
            "`lockenv python` requires one of list, find, pin, install, uninstall, verify, dir",
            "`lockenv python --help`",
        ),
        (["activate"], "`activate` is not a command", "`lockenv shell`"),
        (["init", "--lib"], "`lockenv init` has no option `--lib`", "leave it out"),
        (["clean"], "`clean` is not a command", "`lockenv cache clean`"),
        (["remove", "-D", "ruff"], "`lockenv remove` has no option `-D`", "use `--dev`"),
        (["check", "--fix"], "`lockenv check` has no option `--fix`", "run `lockenv lock`"),
        (["auth", "login"], "`auth` is not a command", "LOCKENV_INDEX_<NAME>_URL"),
        (["add", "-D", "x"], "`lockenv add` has no option `-D`", "`--dev`"),
        (["add", "x", "-G", "lint"], "`lockenv add` has no option `-G`", "`--group NAME`"),
        (["sync", "--with", "x"], "`lockenv sync` has no option `--with`", "`lockenv add --dev NAME`"),
        (["check", "--no-cache"], "`lockenv check` has no option `--no-cache`", "`lockenv sync --no-cache`"),
        (["sync", "--dev"], "`lockenv sync` has no option `--dev`", "`--group dev`"),
        (["sync", "--locked"], "`lockenv sync` has no option `--locked`", "an outdated lockfile is always refused"),
        (["lock", "--locked"], "`lockenv lock` has no option `--locked`", "`--check`"),
        (["sync", "--exact"], "`lockenv sync` has no option `--exact`", "leave it out"),
        (["run", "-p", "3.12", "x"], "`lockenv run` has no option `-p`", "`--python PYTHON`"),
        (["lock", "--default-index", "u"], "`lockenv lock` has no option `--default-index`", "`--index-url URL`"),
        (["sync", "--no-extra", "e"], "`lockenv sync` has no option `--no-extra`", "`--extra NAME`"),
        (["lock", "--upgrade-group", "g"], "`lockenv lock` has no option `--upgrade-group`", "`lockenv lock -P NAME`"),
        (["export", "--no-header"], "`lockenv export` has no option `--no-header`", "leave it out"),
        (["add", "x", "-m", "m"], "`lockenv add` has no option `-m`", "`'NAME; MARKER'`"),
        (["add", "x", "-c", "c.txt"], "`lockenv add` has no option `-c`", "set `constraints` in [tool.lockenv]"),
        (["remove", "--package", "p", "x"], "`lockenv remove` has no option `--package`", "`--project DIR`"),
        (["run", "--exact", "x"], "`lockenv run` has no option `--exact`", "leave it out"),
        (["python", "list", "--only-installed"], "`lockenv python` has no option `--only-installed`", "leave it out"),
        (["add", "x", "--upgrade"], "`lockenv add` has no option `--upgrade`", "`lockenv upgrade NAME`"),
    ],
)
def test_what_other_tools_have_is_answered_with_the_command_that_does_it(
    argv: list[str], complaint: str, command: str
) -> None:
    with pytest.raises(UsageError) as refused:
        parse(argv, {})

    assert refused.value.message == complaint
    assert command in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("words", "environ", "choice"),
    [
        (["lok", "--color", "always"], {}, "always"),
        (["--color=never", "lock", "--hlp"], {"LOCKENV_COLOR": "always"}, "never"),
        (["lock", "--help"], {"LOCKENV_COLOR": "always"}, "always"),
        (["lock", "--color", "sometimes"], {}, "auto"),
        (["lock", "--color"], {}, "auto"),
        ([], {"LOCKENV_COLOR": "purple"}, "auto"),
    ],
)
def test_wrong_command_lines_and_help_are_colored_as_asked(
    words: list[str], environ: dict[str, str], choice: str
) -> None:
    assert color_choice(words, environ) == choice
