"""How does the dashboard start from the command line? Commands that `alpha-model` finds by their entry point.

Streamlit is imported by the server that is started here, not by this module: `alpha-model` also works without it.
"""

import importlib.util
import os
import socket
import sys
from pathlib import Path

import click
from click.core import ParameterSource

from alpha_model.commands import HistorySource
from alpha_model.history import dataset_versions
from alpha_model.history.files import shown_uri

SERVER = Path(__file__).with_name("server.py")
LOOPBACK = "127.0.0.1"
OWN_NAMES = (LOOPBACK, "localhost", "::1")
"""What a browser on this machine calls it."""
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - to be told apart
PYTHON = (sys.executable, "-P")
"""Python that imports nothing from the folder in which it is started: what lies there may come from anybody."""
TRIES = 20
"""How many ports after the usual one are tried."""


@click.command("open")
@click.argument("files", nargs=-1, type=HistorySource())
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default="8501 or the next free one")
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on; 0.0.0.0 is the whole network.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    callback=lambda _context, _option, names: tuple(map(_host_name, names)),
    help="Answer under this host name too, as a proxy or another machine asks for it; may be repeated.",
)
@click.option("--headless", is_flag=True, help="Do not open a browser.")
def open_command(
    files: tuple[Path | str, ...], port: int, host: str, names: tuple[str, ...], *, headless: bool
) -> None:
    """Open histories in the dashboard; without FILES it shows the samples.

    FILES are state files or recorder files (.json or .jsonl), tables of weights (.csv or .parquet), all but Parquet
    also with .gz or .zst, of any size; or folders of datasets, of which each strategy is a history.
    """
    if importlib.util.find_spec("streamlit") is None or importlib.util.find_spec("pydantic_settings") is None:
        raise click.ClickException("the dashboard is not installed. Run: pip install 'alpha-model[dashboard]'")
    paths = [_existing(path) for path in files]
    chosen = click.get_current_context().get_parameter_source("port") is not ParameterSource.DEFAULT
    port = _free_port(host, port, tries=1 if chosen else TRIES)
    if host != LOOPBACK:
        click.echo(f"Whoever reaches {host} can read these histories: there is no login.", err=True)
    if host in EVERYWHERE and not names:
        click.echo("Other machines are answered under the names of --allow-host only, and there is none.", err=True)
    click.echo(f"Dashboard at http://{host}:{port} - Ctrl+C stops it.")
    _serve(server_command(paths, port, host, names, headless=headless))


def server_command(
    paths: list[Path], port: int, host: str, names: tuple[str, ...] = (), *, headless: bool
) -> list[str]:
    """The command line of the server; everything else that it needs is set in the file beside the app.

    Args:
        paths: What to open.
        port: Where to listen.
        host: On which address.
        names: Host names that are answered beside this machine's own.
        headless: Open no browser.
    """
    hosts = dict.fromkeys((*OWN_NAMES, host, *names))
    options = [
        f"--server.port={port}",
        f"--server.address={host}",
        *(f"--server.allowedHosts={each}" for each in hosts),
    ]
    files = [str(path) for path in paths]
    headlessly = ["--server.headless=true"] if headless else []
    return [*PYTHON, "-m", "streamlit", "run", str(SERVER), *options, *headlessly, "--", *files]


def _host_name(given: str) -> str:
    """What was given as a host name, which is compared without scheme and port."""
    if not given.strip() or "/" in given or given.count(":") == 1:
        raise click.BadParameter(f"expected a name such as desk.example.org, got {given!r}. Leave out scheme and port.")
    return given


def _existing(path: Path | str) -> Path:
    if isinstance(path, str):
        raise click.ClickException(
            f"the dashboard opens files, got {shown_uri(path)}. "
            "Copy it here first: alpha-model convert ADDRESS here.jsonl"
        )
    if not path.exists():
        raise click.ClickException(f"there is no file {path}. Check the path, which starts from {Path.cwd()}.")
    if path.is_dir() and not dataset_versions(path):
        raise click.ClickException(f"{path} is a folder and no dataset. Name the history file in it.")
    return path.resolve()


def _free_port(host: str, port: int, tries: int) -> int:
    """The first port from `port` on that nobody listens on."""
    for candidate in range(port, min(port + tries, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except PermissionError as error:
                raise click.ClickException(f"port {candidate} needs more rights. Choose one above 1023.") from error
            except OSError:
                continue
            return candidate
    remedy = f"Choose another with --port, such as {port + 1}." if tries == 1 else "Choose another with --port."
    raise click.ClickException(f"port {port} on {host} is in use or cannot be opened. {remedy}")


def _serve(command: list[str]) -> None:
    """Become the server, so that whatever stops this process stops it."""
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - our own interpreter, script and options
