"""The command ``amtspuls``: collects the command groups and turns errors into exit codes.

Exit codes: 0 ok, partial or skipped; 1 an ``AmtspulsError``; 2 usage or configuration; 3 some portals
failed; 130 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys

import typer

EXIT_SOME_FAILED = 3
EXIT_INTERRUPTED = 130


def make_app(command: str = "") -> typer.Typer:
    """Build the command line out of every module of this package that has a ``register``.

    Args:
        command: The command that will be run, where it is known: building stops when it is there. To load
            and describe all of them takes a tenth of a second.
    """
    app = typer.Typer(
        name="amtspuls",
        help="Remember what appointment pages of German offices showed, and work out what it says.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_common)
    from amtspuls import cli

    names = [info.name for info in pkgutil.iter_modules(cli.__path__)]
    for name in sorted(names, key=lambda name: name.rstrip("_") != command):
        register = getattr(importlib.import_module(f"amtspuls.cli.{name}"), "register", None)
        if register is not None:
            register(app)
        if command in {known.name for known in app.registered_commands}:
            break
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from amtspuls import __version__

        print(f"amtspuls {__version__}")
        raise typer.Exit


def _common(
    log_level: str = typer.Option("warning", "--log-level", help="debug, info, warning or error."),
    log_json: bool = typer.Option(False, "--log-json", help="Log one JSON object a line."),
    _version: bool = typer.Option(
        False, "--version", help="Show the version.", is_eager=True, callback=_show_version
    ),
) -> None:
    from amtspuls.log import configure_log

    if log_level not in {"debug", "info", "warning", "error"}:
        raise typer.BadParameter("debug, info, warning or error", param_hint="--log-level")
    configure_log(level=log_level, as_json=log_json)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from amtspuls.errors import AmtspulsError

    # Libraries make a hundred thousand objects while they load, and all stay: there is no garbage among them.
    gc.set_threshold(50_000)
    # NumPy's library for matrices begins a thread for each core when it is loaded, and nothing here has matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = sys.argv[1:] if arguments is None else arguments
    try:
        make_app(words[0] if words else "")(args=words, standalone_mode=True)
    except AmtspulsError as error:
        print(f"amtspuls: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("amtspuls: interrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"amtspuls: {_say_os_error(error)}", file=sys.stderr)
        sys.exit(1)


def _say_os_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"
