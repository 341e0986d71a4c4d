"""The command line: `regulars run`, `backfill`, `lab`, `verify`, `prune`, `check`, `new`, `demo` and `list`.

Heavy modules are imported inside the commands, so that help and mistakes answer at once.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from helpers.days import DAY_WORDS, period_ends
from helpers.errors import ParamsError, RefusedError, RegularsError, RunError, one_line
from helpers.params import NOTEBOOKS, CommonParams, Publication, Refusal, Report, read_report, unread_file
from helpers.project import REPORT_NAME, project_root
from helpers.reports.logs import json_line, text_line
from helpers.reports.run_events import Event
from helpers.validation import LARGEST_SEED

if TYPE_CHECKING:
    from helpers.contract.canonical import Tables
    from helpers.contract.survey_loading import Survey
    from helpers.reports.verification import Verification
    from helpers.schema.sources import OrdersSource

EXIT_CODES = """
Exit codes: 0 published; 2 parameters to mend; 3 data that break the contract; 4 a notebook or a model failed;
5 the machine (folder, disk, memory, time, another run); 6 refused: the data are too unhealthy for what it claims;
7 a report that was run again came out differently.
"""
app = typer.Typer(
    name="regulars",
    help="Customer research in notebooks: from orders to dated reports.\n\n" + EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
MANY_OBJECTS = 200_000
"""New objects after which Python looks for garbage: imports and queries leave next to none, and looking is dear."""
DIFFERENT = 7
"""The exit code of a verification that found a difference."""
Engine = Literal["in-process", "kernel"]
RowIs = Literal["order", "line"]
AmountOf = Literal["row", "order"]
Layout = Literal["shopify", "taobao", "woocommerce", "workbook"]
Format = Literal["text", "json"]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but what went wrong.")]
LogFormat = Annotated[
    Format, typer.Option(metavar="FORMAT", help="text, or json: an object for each step, on a line of its own.")
]
Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day to speak from, in place of the file's as_of."),
]
Period = Literal["month", "week"]
CORES = os.cpu_count() or 1
Params = Annotated[list[Path], typer.Argument(metavar="PARAMS.yml...", help="Reports to run; see params/.")]
DayOrWord = Annotated[
    str | None,
    typer.Option(metavar="DAY", help=f"A date, or {', '.join(DAY_WORDS)}; in place of the file's as_of."),
]
Only = Annotated[list[str] | None, typer.Option(metavar="NOTEBOOK", help="Run this notebook alone; repeatable.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of all reports. Default: reports/")]
Jobs = Annotated[int, typer.Option(min=1, metavar="N", help="Notebooks at a time. Default: as many as cores.")]
TimeLimit = Annotated[float | None, typer.Option(min=1, metavar="SECONDS", help="For each notebook.")]
MemoryLimit = Annotated[int | None, typer.Option(min=100, metavar="MB", help="For each notebook.")]
Refuse = Annotated[
    Refusal | None,
    typer.Option(metavar="LIGHT", help="Refuse at data health amber or red, or never; else as the file says."),
]
Pdf = Annotated[bool, typer.Option("--pdf", help="Print all pages as report.pdf too; needs Chromium.")]
Xlsx = Annotated[bool, typer.Option("--xlsx", help="Put all tables into tables.xlsx too.")]
Wait = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="For another run of the same report.")]
Executor = Annotated[
    str | None, typer.Option(metavar="dask://HOST:PORT", help="Send notebooks to this Dask cluster, all at once.")
]
EngineOption = Annotated[Engine, typer.Option(metavar="NAME", help="in-process (fast) or kernel (real kernels).")]


@app.command()
def run(
    params: Params,
    as_of: DayOrWord = None,
    only: Only = None,
    out: Out = None,
    jobs: Jobs = CORES,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    refuse: Refuse = None,
    pdf: Pdf = False,
    xlsx: Xlsx = False,
    wait: Wait = 600,
    engine: EngineOption = "in-process",
    executor: Executor = None,
    quiet: Quiet = False,
    log_format: LogFormat = "text",
) -> None:
    """Execute the notebooks of one or more reports and publish them as dated HTML.

    Example: regulars run params/cdnow.yml --as-of 1998-03-31

    Leaves DIR/<report>/<as_of>/<notebook>.html with manifest.json, tables/ and notebooks/, and DIR/index.html. A
    report is published whole or not at all, as soon as it is ready; where it differs from the last of the same day it
    takes its place, and the former one is kept. With --only, its other pages stay as they are. Where the data are too
    unhealthy (--refuse), a page in DIR/<report>/.refused says why instead.
    """
    publication = _publication(refuse, pdf=pdf, xlsx=xlsx)
    folder = out or project_root() / "reports"
    with _told_where_unread(params, quiet=quiet, log_format=log_format):
        reports = [read_report(path, as_of=as_of, only=only or (), publication=publication) for path in params]
    means = _Means(folder, jobs, time_limit, memory_limit, wait, engine, executor, quiet, log_format)
    _execute(reports, means)


@app.command()
def backfill(
    params: Params,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="The first day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="The last day.")],
    every: Annotated[Period, typer.Option(metavar="PERIOD", help="month: its last day; week: its Sunday.")] = "month",
    only: Only = None,
    out: Out = None,
    jobs: Jobs = CORES,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    refuse: Refuse = None,
    pdf: Pdf = False,
    xlsx: Xlsx = False,
    wait: Wait = 600,
    engine: EngineOption = "in-process",
    executor: Executor = None,
    quiet: Quiet = False,
    log_format: LogFormat = "text",
) -> None:
    """Run reports for past days, in one go: each month's or week's end between two days.

    Example: regulars backfill params/cdnow.yml --from 1997-07-01 --to 1998-06-30 --every month
    """
    publication = _publication(refuse, pdf=pdf, xlsx=xlsx)
    days = period_ends(first.date(), last.date(), every=every)
    if not days:
        raise ParamsError(f"no {every} ends from {first.date()} to {last.date()}; is --to after --from?")
    with _told_where_unread(params, quiet=quiet, log_format=log_format):
        reports = [
            read_report(path, as_of=day.isoformat(), only=only or (), publication=publication)
            for path in params
            for day in days
        ]
    folder = out or project_root() / "reports"
    means = _Means(folder, jobs, time_limit, memory_limit, wait, engine, executor, quiet, log_format)
    _execute(reports, means)


def _publication(refuse: Refusal | None, *, pdf: bool, xlsx: bool) -> dict[str, object]:
    """What the command line says of the report as a whole; what it does not say is as the file has it."""
    return {name: value for name, value in {"refuse": refuse, "pdf": pdf, "xlsx": xlsx}.items() if value}


@contextmanager
def _told_where_unread(paths: Iterable[Path], *, quiet: bool, log_format: Format) -> Iterator[None]:
    """Tell of each file that cannot be a report whoever is to be told of it, as far as that can be read; then fail."""
    try:
        yield
    except ParamsError:
        _tell_unread(paths, lambda event: _log(event, quiet=quiet, log_format=log_format))
        raise


def _tell_unread(paths: Iterable[Path], tell: Callable[[Event], None]) -> None:
    for path in paths:
        try:
            read_report(path)
        except ParamsError as error:
            unread = unread_file(path)
            if unread.publication.tell_mail or unread.publication.tell_webhooks:
                from helpers.reports import sending

                sending.send_unread(unread, error, tell=tell)


@dataclass(frozen=True)
class _Means:
    """With what reports are run, as the options of the command line say."""

    out: Path
    jobs: int
    time_limit: float | None
    memory_limit: int | None
    wait: float
    engine: Engine
    executor: str | None
    quiet: bool
    log_format: Format


def _execute(reports: Sequence[Report], means: _Means) -> None:
    """Run reports, tell whoever is to be told, and end with the exit code of the worst failure."""
    from helpers.reports import execution

    execution.settle()  # before a library that reads its settings on import
    from helpers.reports import cluster, printing, runs, sending

    if any(report.publication.pdf for report in reports):
        printing.browser()  # its absence is told before anything runs
    memory_bytes = means.memory_limit * 2**20 if means.memory_limit else None
    scheduler = cluster.address(means.executor) if means.executor else None
    limits = runs.Limits(means.jobs, means.time_limit, memory_bytes, means.wait, scheduler)
    total = sum(len(report.params) for report in reports)
    with _progress(total, quiet=means.quiet, log_format=means.log_format) as tell:
        results = runs.run(reports, out=means.out, limits=limits, engine=means.engine, tell=tell)
        sending.send(results, out=means.out.absolute(), tell=tell)
    errors = [result.error for result in results if result.error]
    if errors:
        raise typer.Exit(_worst(errors))


@app.command()
def lab(
    params: Annotated[Path, typer.Argument(metavar="PARAMS.yml", help="The report to look into; see params/.")],
    as_of: DayOrWord = None,
    only: Only = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the copies. Default: lab/")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Replace copies that were changed by hand, too.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")] = False,
    jupyter: Annotated[
        list[str] | None, typer.Argument(metavar="[-- OPTION...]", help="For Jupyter, such as -- --port=8890.")
    ] = None,
) -> None:
    """Open JupyterLab on scratch copies of the notebooks, with the parameters of a report filled in.

    Example: regulars lab params/cdnow.yml --only clv

    The copies stand in DIR/<report>/; the notebooks of the project stay as they are. A copy that you have changed is
    kept when you come back, with the parameters filled in anew.
    """
    words = [option for option in jupyter or () if not option.startswith("-")]
    if words:
        raise ParamsError(f"regulars lab opens one report, found {words[0]!r} beside {params}; options follow `--`.")
    report = read_report(params, as_of=as_of, only=only or ())
    from helpers.reports import lab as notebooks

    folder = (out or project_root() / notebooks.FOLDER).absolute() / report.name
    copies = notebooks.prepare(report, folder=folder, is_fresh=fresh)
    console = _console()
    for copy in copies:
        ending = ": your own copy, with the parameters filled in anew" if copy.is_kept else ""
        console.print(f"{_relative(copy.path)}{ending}", soft_wrap=True)
    sys.stdout.flush()
    notebooks.open_lab(copies, options=[*(["--no-browser"] if no_browser else []), *(jupyter or ())])


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR/REPORT/AS_OF", help="The published report.")],
    jobs: Jobs = CORES,
    time_limit: TimeLimit = None,
    engine: EngineOption = "in-process",
    quiet: Quiet = False,
    log_format: LogFormat = "text",
) -> None:
    """Run a published report again from its manifest, elsewhere, and say what differs; the report is left alone.

    Example: regulars verify reports/cdnow/1998-06-30
    """
    from helpers.reports import execution

    execution.settle()  # before a library that reads its settings on import
    from helpers.reports import runs, verification

    limits = runs.Limits(jobs, time_limit, None, 0.0)
    with _progress(len(list(folder.glob("notebooks/*.ipynb"))), quiet=quiet, log_format=log_format) as tell:
        answer = verification.verify(folder, limits=limits, engine=engine, tell=tell)
    _print_verification(answer, quiet=quiet)
    if not answer.is_same:
        raise typer.Exit(DIFFERENT)


def _print_verification(answer: Verification, *, quiet: bool) -> None:
    if quiet and answer.is_same:
        return
    console = _console()
    if answer.is_same:
        console.print(f"The same to the byte: {answer.output_count} files.", soft_wrap=True)
    titles = {
        "Changed since it was published": answer.tampered,
        "Came out differently": answer.differences,
        "What went in otherwise": answer.reasons,
    }
    for title, sentences in titles.items():
        for line in (f"{title}:", *(f"- {one_line(sentence)}" for sentence in sentences)) if sentences else ():
            console.print(line, soft_wrap=True)


@app.command()
def prune(
    reports: Annotated[list[str] | None, typer.Argument(metavar="[REPORT...]", help="Names; all where empty.")] = None,
    keep: Annotated[int, typer.Option(min=1, metavar="N", help="How many days of each report stay.")] = 24,
    out: Out = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
) -> None:
    """Take away the oldest days of published reports, with what was superseded or refused there.

    Example: regulars prune --keep 24 --dry-run
    """
    from helpers.reports import pruning

    folder = out or project_root() / "reports"
    if dry_run:
        gone = pruning.outdated(folder, keep=keep, names=reports or ())
    else:
        gone = pruning.prune(folder, keep=keep, names=reports or ())
    console = _console()
    for each in gone:
        place = each.folder.relative_to(folder)
        console.print(f"{'would go' if dry_run else 'gone'}: {place}, {each.size / 2**20:.1f} MB", soft_wrap=True)
    freed = f"{sum(each.size for each in gone) / 2**20:.1f} MB"
    ending = f"; run without --dry-run to free {freed}" if dry_run and gone else f", {freed}"
    console.print(f"{len(gone)} folder{'' if len(gone) == 1 else 's'}{ending}.", soft_wrap=True)


def _worst(errors: Iterable[RegularsError]) -> int:
    """The exit code of a run of several reports: that of the worst failure; a refusal counts where nothing failed."""
    return max((error.exit_code for error in errors), key=lambda code: (code != RefusedError.exit_code, code))


@app.command()
def check(
    params: Annotated[Path, typer.Argument(metavar="PARAMS.yml", help="The report to check.")],
    as_of: DayOrWord = None,
) -> None:
    """Validate the parameters and the data of a report, show what the data come to, and run nothing.

    What is shown: customers, orders, revenue and refunds, the days and months that they cover, the largest customers
    and orders, how healthy the data are, the ledger of all rows, and how the files were read.
    """
    gc.set_threshold(MANY_OBJECTS)
    report = read_report(params, as_of=as_of)
    from helpers.contract import loading, survey_loading

    settings = next(iter(report.params.values()))
    if settings.orders is None:
        _print_survey(report, survey_loading.load(**settings.delivery))
    else:
        _print_check(report, settings, settings.orders, loading.load(**settings.delivery))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the report: letters, digits, _ and -.")],
    orders: Annotated[str, typer.Option(metavar="FILE", help="A file, folder, glob or database URL with the orders.")],
    table: Annotated[str | None, typer.Option(metavar="NAME", help="Sheet of a workbook, or table.")] = None,
    header_row: Annotated[int | None, typer.Option(min=1, metavar="N", help="Row that names the columns.")] = None,
    order_id: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the order's id.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the customer.")] = None,
    ordered_at: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the day or instant.")] = None,
    amount: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of what was paid.")] = None,
    grain: Annotated[RowIs | None, typer.Option(metavar="GRAIN", help="What a row is: order, or line.")] = None,
    amount_of: Annotated[AmountOf | None, typer.Option(metavar="WHOSE", help="Amount of the row, or order.")] = None,
    date_format: Annotated[str | None, typer.Option(metavar="FORMAT", help="Such as %d/%m/%Y.")] = None,
    time_zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Such as Europe/Berlin.")] = None,
    currency: Annotated[str | None, typer.Option(metavar="CODE", help="ISO code, such as EUR.")] = None,
    as_of: Day = None,
    take: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Proposed rule to take, or all.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of NAME.yml (default: params/).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace NAME.yml where it exists.")] = False,
) -> None:
    """Look at a file of orders, guess what its columns mean, and write params/NAME.yml with comments to check.

    What it asks is answered by the option that the question names, or in the file. Example:
    regulars new shop --orders sales.xlsx --table Orders --currency EUR --take "closed orders"
    """
    path = (out or project_root() / "params").absolute() / f"{name}.yml"
    _refuse_name(name, path, is_forced=force)
    gc.set_threshold(MANY_OBJECTS)
    from helpers.contract.scaffolding import Answers, propose

    columns = {"order_id": order_id, "customer_id": customer, "ordered_at": ordered_at, "amount": amount}
    answers = Answers(
        table=table,
        header_row=header_row,
        time_zone=time_zone,
        currency=currency,
        as_of=_day(as_of),
        date_format=date_format,
        grain=grain,
        amount_of=amount_of,
        columns={canonical: column for canonical, column in columns.items() if column is not None},
        rules=tuple(take or ()),
    )
    proposal = propose(name, _from_here(orders), root=project_root(), answers=answers)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(proposal.text)
    except OSError as error:
        raise RunError(f"{path} could not be written: {error.strerror}.") from None
    console = _console()
    console.print(f"Wrote {path}", soft_wrap=True)
    for sentence in proposal.summary:
        console.print(sentence, soft_wrap=True)
    for number, sentence in enumerate(proposal.unsure, start=1):
        console.print(f"Unsure {number}: {sentence}", soft_wrap=True)
    answer = "answer by the options named, with --force, or in the file; then" if proposal.unsure else "read it, then"
    console.print(f"Next: {answer} `regulars check {_relative(path)}`.", soft_wrap=True)


def _refuse_name(name: str, path: Path, *, is_forced: bool) -> None:
    """Say what is wrong with the name of a new report before anything is imported to look at its data."""
    if not REPORT_NAME.fullmatch(name):
        raise ParamsError(
            f"report name {name!r} must be letters, digits, _ and - only, 64 at most, since it names a folder."
        )
    if path.exists() and not is_forced:
        raise ParamsError(f"{path} exists already; choose another name, or pass --force to replace it.")


@app.command()
def demo(
    customers: Annotated[int, typer.Option(min=1, max=10**8, metavar="N", help="How many customers.")] = 4_000,
    out: Annotated[Path, typer.Option(metavar="DIR", help="A folder that is empty or not there yet.")] = Path("demo"),
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Another seed, another company of the same kind.")
    ] = 20250101,
    layout: Annotated[
        Layout | None,
        typer.Option("--as", metavar="LAYOUT", help="An export instead: shopify, taobao, woocommerce or workbook."),
    ] = None,
) -> None:
    """Write a simulated company with every canonical table as Parquet, of any size, block by block.

    With --as, write its orders as a shop would export them instead, and beside them truth.json: what they come to.
    """
    if layout is not None:
        from helpers.simulation import shop_exports

        export = shop_exports.write(layout, out, customer_count=customers, seed=seed)
        _console().print(f"Wrote a simulated export to {export}, and its truth beside it.", soft_wrap=True)
        return
    from helpers.simulation.company import write
    from helpers.simulation.settings import Company

    company = Company(seed=seed, customer_count=customers)
    folder = write(company, out)
    extent = f"{company.customer_count:,} customers, {company.start} to {company.end}"
    _console().print(f"Wrote a simulated company to {folder}: {extent}.", soft_wrap=True)


@app.command("list")
def list_known() -> None:
    """Show the notebooks with their parameters (type, unit, default), and the reports under params/."""
    console = _console()
    models = {f"notebook {name}": model for name, model in NOTEBOOKS.items()} | {"the report as a whole": Publication}
    for title, model in models.items():
        table = _table(title, "parameter", "type", "unit", "default", "what it is")
        for row in _parameter_rows(model):
            table.add_row(*row)
        console.print(table)
    reports = _table("reports", "file", "title", "as of", "notebooks")
    for path in sorted((project_root() / "params").glob("*.yml")):
        reports.add_row(_relative(path), *_report_row(path))
    console.print(reports)


def _report_row(path: Path) -> tuple[str, str, str]:
    try:
        report = read_report(path)
    except ParamsError as error:
        return f"does not fit: {str(error).splitlines()[0]}", "", ""
    return report.title, report.as_of.isoformat(), ", ".join(report.params)


def _parameter_rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str, str, str]]:
    schema = model.model_json_schema()
    defaults = model().model_dump(mode="json", exclude_defaults=False)
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = defaults[name]["source"] if name == "orders" else defaults[name]
        kind = _type(schema["properties"][name], schema.get("$defs", {}))
        is_needed = issubclass(model, CommonParams) and name in model.needed_tables
        kind = kind.removesuffix(" or none") if is_needed else kind
        yield name, kind, str(extra.get("unit", "")), _default(default), field.description or ""


def _default(value: object) -> str:
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


KINDS = {
    "string": ("text", "texts"),
    "integer": ("whole number", "whole numbers"),
    "number": ("number", "numbers"),
    "boolean": ("yes or no", "answers"),
}


def _type(schema: dict[str, Any], known: dict[str, Any], *, many: bool = False) -> str:
    """The type of a parameter in words, such as `whole number ≥ 1` or `list of names`."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        is_optional = len(options) < len(schema["anyOf"])
        words = " or ".join(dict.fromkeys(_type(option, known, many=many) for option in options))
        return f"{words} or none" if is_optional else words
    if "$ref" in schema:
        return _named(schema["$ref"].rsplit("/", 1)[-1], many=many)
    if "enum" in schema:
        return "names" if many else " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        count = f"{len(items)} " if "prefixItems" in schema else "list of "
        return count + _type(items[0], known, many=True)
    if schema.get("type") == "object":
        return f"{_type(schema.get('additionalProperties') or {}, known, many=True)} by name"
    if schema.get("format") == "date":
        return "dates" if many else "date"
    kind = KINDS.get(schema.get("type", ""), ("value", "values"))[many]
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {schema[key]}" for key, sign in bounds.items() if key in schema]
    return " ".join([kind, ", ".join(limits)]).strip()


def _named(model: str, *, many: bool) -> str:
    """The plain name of a model of the params: `TableSource` is a source, `TierRule` a tier rule."""
    words = re.sub(
        r"(?<=[a-z])(?=[A-Z])", " ", model.replace("OrdersSource", "Source").replace("TableSource", "Source")
    )
    return words.lower() + ("s" if many else "")


def _print_check(report: Report, settings: CommonParams, orders: OrdersSource, tables: Tables) -> None:
    console = _console()
    console.print(f"{report.title}, as of {report.as_of}: parameters and data meet the contract.", soft_wrap=True)
    _print_overview(console, report, settings, orders, tables)
    _print_rows(console, tables)
    for name, count in tables.rows_after.items():
        if count:
            rows = f"{count:,} row{'' if count == 1 else 's'} after {report.as_of}, invisible to the report"
            console.print(f"{name}: {rows}.", soft_wrap=True)
    for note in tables.notes:
        console.print(note, soft_wrap=True)


def _print_survey(report: Report, survey: Survey) -> None:
    """What a survey without orders comes to: its files and its ledger."""
    console = _console()
    console.print(f"{report.title}, as of {report.as_of}: parameters and data meet the contract.", soft_wrap=True)
    _print_rows(console, survey)
    for note in survey.notes:
        console.print(note, soft_wrap=True)


def _print_rows(console: Console, tables: Tables | Survey) -> None:
    """The files that were read, and what became of every row."""
    from helpers.contract.ledger import Entry

    files = _table("inputs", "input", "rows", "SHA-256")
    for item in tables.inputs:
        files.add_row(item.name, f"{item.row_count:,}", item.sha256[:16])
    console.print(files)
    ledger = _table("ledger", *(column.name for column in fields(Entry)))
    for entry in tables.entries:
        ledger.add_row(*[f"{value:,}" if isinstance(value, int) else str(value) for value in astuple(entry)])
    console.print(ledger)


def _print_overview(
    console: Console, report: Report, settings: CommonParams, orders: OrdersSource, tables: Tables
) -> None:
    """What the orders come to, and how healthy they are for each notebook."""
    from helpers.contract import coverage, health
    from helpers.display import data_health, overview
    from helpers.features.purchases import purchase_days

    covered = coverage.measure(tables, purchase_days(tables.orders, as_of=report.as_of))
    facts = _table("orders", "", "")
    for fact in overview.facts(covered, orders=orders, currency=settings.currency):
        facts.add_row(*fact)
    console.print(facts)
    for title, largest in (("customers", covered.top_customers), ("orders", covered.top_orders)):
        rows = _table(f"largest {title}", *largest[0]._fields)
        for row in overview.largest(largest, currency=settings.currency):
            rows.add_row(*row)
        console.print(rows)
    sentences: dict[str, list[str]] = {}
    for name, params in report.params.items():
        limits = health.Limits(**params.health_limits)
        judged = health.judge(covered, tables.entries, as_of=report.as_of, limits=limits)
        summary = data_health.summary(covered, judged, health.left_out(tables.entries))
        sentences.setdefault(summary.sentence, []).append(name)
    for sentence, names in sentences.items():
        console.print(f"{sentence} ({', '.join(names)})", soft_wrap=True)


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def _from_here(source: str) -> str:
    """A file as typed in a shell, from the folder one stands in; other sources as they are."""
    here = Path(source).absolute()
    if "://" in source or not here.exists():
        return source
    return here.relative_to(project_root()).as_posix() if here.is_relative_to(project_root()) else str(here)


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


WIDE = 200
"""Columns of a table that goes into a file or a pipe, where $COLUMNS does not say otherwise."""


def _console(*, stderr: bool = False) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal else shutil.get_terminal_size((WIDE, 24)).columns
    return Console(stderr=stderr, width=width, highlight=False, markup=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "parameter")
    return table


def _complain(error: RegularsError) -> None:
    lines = "\n".join(map(one_line, str(error).split("\n")))  # a terminal obeys what a value may hold
    _console(stderr=True).print(f"error: {lines}", soft_wrap=True, style="bold red" if sys.stderr.isatty() else None)


@contextmanager
def _progress(total: int, *, quiet: bool = False, log_format: Format = "text") -> Iterator[Callable[[Event], None]]:
    """How a run is told: a bar on a terminal, log lines elsewhere. No thread is started: children are forked."""
    if quiet or log_format == "json" or not sys.stderr.isatty():
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
        yield lambda event: _log(event, quiet=quiet, log_format=log_format)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(stderr=True), auto_refresh=False, transient=True) as progress:
        task = progress.add_task("notebooks", total=total)
        progress.refresh()

        def tell(event: Event) -> None:
            if event.kind == "begin":
                progress.update(task, description=f"{event.report} {event.as_of}: {event.notebook}", refresh=True)
                return
            progress.console.print(_lines(event), soft_wrap=True, style="bold red" if event.exit_code else None)
            progress.update(task, advance=event.kind == "end", refresh=True)

        yield tell


def _log(event: Event, *, quiet: bool, log_format: Format) -> None:
    """A step of a run as lines of the log; where it is to be quiet, what went wrong alone."""
    if quiet and event.kind not in ("refuse", "fail"):
        return
    at = datetime.now().astimezone()
    if log_format == "json":
        print(json_line(event, at), file=sys.stderr, flush=True)
    elif event.kind in ("refuse", "fail"):
        print(_lines(event), file=sys.stderr, flush=True)
    else:
        print(text_line(event, at), file=sys.stderr, flush=True)


def _lines(event: Event) -> str:
    """A step as text: on one line, or on several where an error says more; no value forges a line."""
    if event.kind not in ("refuse", "fail"):
        return one_line(event.text)
    return "error: " + "\n".join(map(one_line, event.text.split("\n")))


def main() -> None:
    """Run the command line; an error of ours becomes one message and its exit code."""
    try:
        app()
    except RegularsError as error:
        _complain(error)
        sys.exit(error.exit_code)
    finally:
        gc.freeze()  # Python looks for garbage once more as it ends, though not among what is frozen


if __name__ == "__main__":
    main()
