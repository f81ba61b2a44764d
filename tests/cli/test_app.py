"""Which commands there are, and what is loaded to run one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from amtspuls.cli.app import make_app

COMMANDS = [name for command in make_app().registered_commands if (name := command.name)]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20
    assert len({*COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_found_by_its_name(command: str) -> None:
    few = [known.name for known in make_app(command).registered_commands]
    assert command in few


@pytest.mark.parametrize(
    "word", ["", "tape", "--help", "--log-level", "no-such-command", "cli", "import_"]
)
def test_any_other_word_finds_them_all(word: str) -> None:
    assert [known.name for known in make_app(word).registered_commands] == COMMANDS


@pytest.mark.parametrize("command", ["sql", "import"])
def test_a_command_does_not_wait_for_the_others(command: str) -> None:
    assert [known.name for known in make_app(command).registered_commands] == [command]


def test_a_question_to_sealed_weeks_loads_nothing_that_it_does_not_need() -> None:
    script = (
        "import sys; from amtspuls.analysis.sql.session import SqlSession;"
        "import amtspuls.cli.sql, amtspuls.analysis.sql.sources;"
        "print(*{'numpy', 'pandas', 'pyarrow', 'sqlalchemy', 'structlog', 'asyncio', 'pydantic'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "\n"
