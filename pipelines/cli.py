"""The command line, `regiokompas`; its `run` is the same Dagster job as in the UI.

A command imports what it alone needs when it is called: Dagster takes longer to load than `status` to answer.
"""

import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import click
from rich.console import Console

from pipelines.commands.retention import find_kept, kept_releases, remove, roll_back, superfluous
from pipelines.commands.server_process import HOST, MOST_MEMORY_MB, PORT, server_command
from pipelines.commands.source_status import everything_known, print_source
from pipelines.commands.stopping import stoppable
from pipelines.commands.terminal import print_sources
from pipelines.disk import disk_trouble
from pipelines.errors import RegiokompasError, shown
from pipelines.garbage import collect_seldom
from pipelines.ingest.origins import LiveOrigin, Origin, open_origin
from pipelines.ingest.source_states import describe_sources
from pipelines.landing.store import NOTICE
from pipelines.publish.gate import Bounds
from pipelines.publish.refused import accept
from pipelines.publish.release import CURRENT, current
from pipelines.publish.revisions import Comparison, compare, find_release, recorded
from pipelines.run_lock import only_run
from pipelines.settings import CARDS, IS_INSTALLED, PROJECT, Settings
from pipelines.sources.card import SourceCard, load_cards


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command end with one line for an error that is meant for the user."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (RegiokompasError, ValueError) as error:
            raise click.ClickException(str(error)) from error
        except Exception as error:
            # Whoever writes, be it a library, has its own error for a disk that is full.
            if told := disk_trouble(error):
                raise click.ClickException(told) from error
            raise

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="regiokompas")
def main() -> None:
    """Open figures on small business and human capital for every Dutch municipality and region."""
    collect_seldom()


Options = Callable[[Callable[..., None]], Callable[..., None]]
FROM: Options = click.option(
    "--from", "origin", metavar="live|sample|PATH", help="Where tables come from; PATH is any landing."
)
SELECT: Options = click.option(
    "--select", multiple=True, metavar="CARD", help="Only these cards, such as cbs/81575NED or 'cbs/8*'."
)
EXCLUDE: Options = click.option(
    "--exclude", multiple=True, metavar="CARD", help="Not these cards, such as 'groningen/*'."
)
VERBOSE: Options = click.option("--verbose", is_flag=True, help="Also show every source as a row of a table.")


@main.command()
@FROM
@SELECT
@EXCLUDE
@click.option(
    "--accept", default="", metavar="WHY", help="Publish even though figures are lost, and say why that is right."
)
@VERBOSE
@told
def run(origin: str | None, select: tuple[str, ...], exclude: tuple[str, ...], accept: str, verbose: bool) -> None:
    """Ingest, model, validate and publish: the main job."""
    from pipelines.commands.main_job import conclude, left_behind, run_job
    from pipelines.ingest.selections import read_selections

    settings = Settings.from_environment(**({"origin": origin} if origin else {}))
    cards = load_cards(CARDS)
    # Read again when everything has landed, but an error in them should not be reported hours later.
    read_selections(settings.selections)
    source = open_origin(settings)
    chosen = choose(cards, source, select, exclude)
    console = open_console()
    with stoppable(lambda: left_behind(settings)), only_run(settings, click.echo):
        report, success = run_job(console, settings, cards, source, chosen, accept)
    sources = describe_sources(settings, cards, invented=source.is_invented)
    if verbose:
        console.print()
        print_sources(console, sources)
    conclude(console, settings, sources, report, success=success)


def choose(
    cards: dict[str, SourceCard], source: Origin, select: tuple[str, ...], exclude: tuple[str, ...] = ()
) -> list[SourceCard]:
    """The cards to refresh: those that match a glob, or all that the origin has, without the excluded ones.

    Raises:
        RegiokompasError: a glob matches no card, or nothing is left.
    """
    for option, globs in (("--select", select), ("--exclude", exclude)):
        for glob in globs:
            if not any(fnmatchcase(dataset_id, glob) for dataset_id in cards):
                raise RegiokompasError(f"{option} {glob} matches no card -> use one of: {', '.join(cards)}, or a glob")

    def matches(dataset_id: str, globs: tuple[str, ...]) -> bool:
        return any(fnmatchcase(dataset_id, glob) for glob in globs)

    chosen = [
        card
        for dataset_id, card in cards.items()
        if (matches(dataset_id, select) if select else source.has(card)) and not matches(dataset_id, exclude)
    ]
    if not chosen:
        raise RegiokompasError("--exclude leaves none of the selected cards -> exclude fewer")
    return chosen


@main.command()
@FROM
@SELECT
@EXCLUDE
@VERBOSE
@told
def doctor(origin: str | None, select: tuple[str, ...], exclude: tuple[str, ...], verbose: bool) -> None:
    """Check that every source is there and matches its card, without fetching figures."""
    from pipelines.commands.doctor import examine_all
    from pipelines.commands.reports import print_findings

    settings = Settings.from_environment(**({"origin": origin} if origin else {}))
    source = open_origin(settings)
    # Includes what the origin does not have: somebody has to know about that.
    findings = examine_all(choose(load_cards(CARDS), source, select or ("*",), exclude), source, settings)
    print_findings(open_console(), findings, verbose=verbose)
    if any(finding.problems for finding in findings):
        sys.exit(1)


@main.command("new-source")
@click.argument("publisher")
@click.argument("table")
@click.option("--period", metavar="CODE", help="The period of a table that does not state it, such as 2024JJ00.")
@told
def new_source(publisher: str, table: str, period: str | None) -> None:
    """Write the card of a TABLE that has none yet, from the publisher's own description, and fetch the table."""
    from pipelines.commands.new_source import new_source as make_source
    from pipelines.commands.reports import print_new_source

    if IS_INSTALLED:
        raise RegiokompasError("new-source adds a card to the project, and this is an installed copy -> use a checkout")
    settings = Settings.from_environment(origin="live")
    with stoppable(lambda: "no card was written"), only_run(settings, click.echo):
        made = make_source(publisher, table, cast(LiveOrigin, open_origin(settings)), settings, period=period)
    print_new_source(open_console(), made)


@main.command()
@click.argument("source", required=False)
@told
def status(source: str | None) -> None:
    """Every source with its age and state, and the current release; for one SOURCE, everything that is known."""
    settings = Settings.from_environment()
    served = current(settings.releases)
    invented = bool(served and served.release_id.startswith("sample-"))
    cards = load_cards(CARDS)
    console = open_console()
    if invented:
        console.print(f"[yellow]{NOTICE}[/]", soft_wrap=True)
    if source is not None:
        if source not in cards:
            like = get_close_matches(source, cards, 3, 0.4) or list(cards)
            raise RegiokompasError(f"there is no source {source} -> use one such as: {shown(like, 3)}")
        print_source(console, everything_known(cards[source], settings, invented=invented))
        return
    print_sources(console, describe_sources(settings, cards, invented=invented))
    console.print()
    console.print(f"Release  {served.release_id} in {served.folder}" if served else "Release  none yet", soft_wrap=True)


@main.command()
@click.argument("older", required=False)
@click.argument("newer", required=False)
@click.option("--indicator", metavar="ID", help="Only figures of this indicator.")
@click.option("--region", metavar="CODE", help="Only figures of this region, such as GM0363.")
@click.option("--limit", default=20, show_default=True, help="The maximum number of figures to print.")
@told
def diff(older: str | None, newer: str | None, indicator: str | None, region: str | None, limit: int) -> None:
    """What changed from release OLDER to NEWER; without them, what the current release changed."""
    from pipelines.commands.reports import print_changes

    releases = Settings.from_environment().releases
    chosen = find_release(releases, newer)
    console = open_console()
    with TemporaryDirectory() as folder:
        if older:
            comparison: Comparison | None = compare(find_release(releases, older), chosen, Path(folder))
        else:
            comparison = recorded(releases, chosen)
        if comparison is None:
            console.print(f"{chosen.release_id} is the first release of its kind: there is nothing to compare it with")
        else:
            print_changes(console, comparison, indicator=indicator, region=region, limit=limit)


@main.group()
def release() -> None:
    """The releases that are kept: which there are, going back to one, and removing old ones."""


@release.command("list")
@told
def list_releases() -> None:
    """Every release that is kept, the one that was current last first."""
    from pipelines.commands.reports import print_releases

    releases = Settings.from_environment().releases
    print_releases(open_console(), kept_releases(releases), current(releases))


@release.command()
@click.argument("release_id", required=False)
@told
def rollback(release_id: str | None) -> None:
    """Make RELEASE_ID current again; without it, the release of the same kind that readers had before."""
    settings = Settings.from_environment()
    with only_run(settings, click.echo, all_releases=True):
        before, done = current(settings.releases), roll_back(settings.releases, release_id)
    console = open_console()
    console.print(f"Current  {done.release_id}", soft_wrap=True)
    console.print(f"Before   {before.release_id if before else 'none'}; the next run publishes anew", soft_wrap=True)


@release.command()
@click.argument("release_id", required=False)
@told
def show(release_id: str | None) -> None:
    """What RELEASE_ID holds, or why it was refused; without it, the newest refused release or else the current one."""
    from pipelines.commands.reports import print_release

    print_release(open_console(), find_kept(Settings.from_environment().releases, release_id))


@release.command("accept")
@click.argument("release_id", required=False)
@click.option("--because", required=True, metavar="WHY", help="Why it is right; readers see it on the page of changes.")
@told
def accept_release(release_id: str | None, because: str) -> None:
    """Publish RELEASE_ID, which was refused; without it, the newest refused release."""
    settings = Settings.from_environment()
    with only_run(settings, click.echo):
        done = accept(settings.releases, release_id, Bounds.of(settings), because)
    open_console().print(f"Current  {done.release_id}", soft_wrap=True)


@release.command()
@click.option("--keep", default=12, show_default=True, help="How many releases of each kind stay, the last ones.")
@click.option("--named", multiple=True, metavar="ID", help="This release stays as well; it is cited, for example.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@told
def prune(keep: int, named: tuple[str, ...], dry_run: bool) -> None:
    """Remove old releases; what they changed stays recorded, their addresses below /release/ end."""
    from pipelines.commands.reports import print_pruned

    settings = Settings.from_environment()
    with only_run(settings, click.echo, all_releases=True):
        gone = superfluous(settings.releases, keep, named)
        for kept in () if dry_run else gone:
            remove(kept)
    print_pruned(open_console(), gone, is_done=not dry_run)


FOLDER = click.Path(path_type=Path)


@main.command()
@click.option("--port", default=PORT, show_default=True, help="The port to listen on.")
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--memory", default=MOST_MEMORY_MB, show_default=True, metavar="MB", help="What a process may grow to.")
@click.option("--release", "folder", type=FOLDER, help="Serve the release in this folder, or where this link leads.")
@click.option("--sockets", type=FOLDER, help="Listen on pages.sock and questions.sock in this folder, behind a proxy.")
@told
def serve(port: int, host: str, memory: int, folder: Path | None, sockets: Path | None) -> None:
    """Serve the current release, and each that becomes current after it."""
    settings = Settings.from_environment()
    from_storage = bool(settings.storage) and folder is None
    release = folder or settings.releases / CURRENT
    command = server_command(release, port, host, memory, sockets=sockets, from_storage=from_storage)
    # Replaces this process, so that a stop signal reaches the server itself.
    os.execv(command[0], command)  # noqa: S606 - our own interpreter and arguments, no shell


@main.group()
def deploy() -> None:
    """The portal behind nginx, with systemd."""


@deploy.command("switch")
@click.option("--state", type=FOLDER, default="/var/lib/regiokompas", show_default=True, help="What nginx includes.")
@click.option("--sockets", type=FOLDER, default="/run/regiokompas", show_default=True, help="Where pairs listen.")
@click.option("--front", default="http://127.0.0.1:8009", show_default=True, help="Where nginx says whom it asks.")
@click.option("--manager", default="systemctl", show_default=True, help="The command that starts and ends units.")
@told
def switch_pair(state: Path, sockets: Path, front: str, manager: str) -> None:
    """Let the other pair of processes serve the current release, once it answers, and end the pair that served."""
    from pipelines.commands.switch import Front, served_now, switch

    at, settings = Front(state, sockets, front, manager), Settings.from_environment()
    with stoppable(lambda: served_now(at)):
        if settings.storage:
            from pipelines.commands.follower import first_release

            first_release(settings, click.echo)
        done = switch(settings.releases / CURRENT, at)
    click.echo(done)


@main.command()
@click.option("--port", default=3000, show_default=True, help="The port of the Dagster UI.")
@told
def dev(port: int) -> None:
    """Open the Dagster UI, with the same assets, runs and checks as `regiokompas run`."""
    from dagster_dg_cli.cli import cli as dg

    from pipelines.commands.main_job import prepare_home
    from pipelines.commands.serve import refuse_taken_port

    # Dagster notices a taken port only when all the rest has started, and then continues without its UI.
    refuse_taken_port(port, "127.0.0.1")
    os.environ["DAGSTER_HOME"] = str(prepare_home(Settings.from_environment()))
    click.echo(f"The Dagster UI will be on http://127.0.0.1:{port} in a moment; Ctrl-C stops it")
    dg(["dev", "--workspace", str(PROJECT / "workspace.yaml"), "--port", str(port)], prog_name="dg")


def open_console() -> Console:
    """The terminal, or a wide page where the output goes to a file."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 120)
