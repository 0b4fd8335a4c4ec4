"""`lockenv report`: one page on a lock for its reviewer, as HTML, Markdown or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, UsageError
from lockenv.lockfile.paths import relative
from lockenv.operations import locked_graph, output_file
from lockenv.operations.review import review
from lockenv.operations.tree import refuse_file_of
from lockenv.report.review import as_json, markdown
from lockenv.report.review_page import page
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv report` was asked."""

    html: str
    markdown: bool
    against: str
    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Write the report; what there is to look at is no failure of the report."""
    wanted = [name for name in ("html", "markdown", "json") if getattr(options, name)]
    if len(wanted) > 1:
        raise UsageError(f"--{wanted[0]} cannot be used with --{wanted[1]}", hint="use one of them")
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    if options.html and options.html != "-":
        refuse_file_of(found, options.html)
    answer = review(found, options.against, settings, console)
    if options.json:
        console.json(as_json(answer))
    elif not options.html:
        console.data(markdown(answer))
    elif options.html == "-":
        console.data(page(answer))
    else:
        output_file.write(options.html, page(answer))
        console.say(f"wrote {relative(options.html)}")
    return ExitCode.YES
