"""reidbench report: the page of a finished run, or of several side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING

from reidbench_registry import ConfigError

from ..tools.terminal import LINE, cell, safe_json
from .parser import add_verb

if TYPE_CHECKING:
    from ..report.inputs import Inputs

EPILOG = """examples:
  reidbench report runs/distill_pcm_fr-seed0
  reidbench report runs/distill_cosine-seed0 runs/distill_pcm_fr-seed0 --out cosine-or-pcm.html
  reidbench report runs/distill_pcm_fr-seed0 --full --out pages --queries 12 --k 20
  reidbench report runs/distill_pcm_fr-seed0 --json
  reidbench report runs/distill_pcm_fr-seed0 --figures figures --width column
  reidbench report runs/distill_pcm_fr-seed0 --atlas gallery.parquet --model student

Takes folders of finished runs. The page is one file that needs no network: ranked lists of the
best, middle, worst and some random queries, curves, distributions, a map of the embeddings, cost,
and what ran. Of several runs it also shows paired differences to the first, where their configs
differ, and the queries that changed most; runs whose numbers do not mean the same are refused.
Lists are those of the first trial. It goes into the run's folder, of several runs into this one.
"""
LABELS = ascii_uppercase
PAGE = "report.html"


def add_parser(verbs: argparse._SubParsersAction) -> None:
    words = "the page of a finished run, or of several side by side"
    parser = add_verb(verbs, "report", words, EPILOG)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders")
    parser.add_argument("--out", type=Path, metavar="PLACE", help="a .html file, or a folder")
    parser.add_argument(
        "--queries",
        type=int,
        default=4,
        metavar="N",
        help="queries of each kind and task (default: 4)",
    )
    parser.add_argument("--k", type=int, default=10, help="items of a ranked list (default: 10)")
    parser.add_argument(
        "--map",
        choices=("pca", "tsne", "umap"),
        default="pca",
        help="how embeddings are drawn in two dimensions (default: pca; others need "
        "reidbench[report])",
    )
    parser.add_argument(
        "--full", action="store_true", help="larger pictures, all of them, in files beside the page"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the page's data; a page only with --out"
    )
    more = parser.add_argument_group("instead of the page")
    more.add_argument(
        "--figures",
        type=Path,
        metavar="DIR",
        help="figures for a paper (PNG, SVG, PDF) and its table (LaTeX)",
    )
    more.add_argument(
        "--width",
        choices=("column", "page"),
        default="column",
        help="of figures: 3.4 or 7 inches (default: column)",
    )
    more.add_argument(
        "--atlas", type=Path, metavar="FILE", help="all scored items as one .parquet file"
    )
    more.add_argument("--model", help="of --atlas: whose features (default: the student's)")
    parser.set_defaults(handler=handle)


def handle(arguments: argparse.Namespace) -> int:
    paths: list[Path] = arguments.runs
    if len(paths) > len(LABELS):
        raise ConfigError(f"expected at most {len(LABELS)} runs, got {len(paths)}")
    for path in paths:
        if not path.is_dir():
            raise ConfigError(f"no run folder: {path}")
    if arguments.full and arguments.json and arguments.out is None:
        raise ConfigError("--full --json: pictures beside the page need --out")
    if arguments.figures or arguments.atlas:
        if arguments.json or arguments.full or arguments.out:
            raise ConfigError("--figures and --atlas go without --out, --full and --json")
        return _extras(arguments)
    if arguments.model:
        raise ConfigError("--model is for --atlas")
    place = _place(arguments)
    from rich.console import Console

    from ..pluginhost import PluginHost
    from ..report.build import build
    from ..report.embedding_map import check_method
    from ..report.inputs import Options
    from ..report.write import write
    from ..run.finished import read_finished

    check_method(arguments.map)
    options = Options(arguments.queries, arguments.k, arguments.map, arguments.full)
    host = PluginHost()
    runs = [read_finished(path, label, host) for path, label in zip(paths, LABELS, strict=False)]
    built = build(runs, options) if place is None else write(place, runs, options)
    if arguments.json:
        print(safe_json(built.report, indent=None))
        return 0
    console = Console()
    for line in built.report["missing"]:
        console.print(cell(f"missing: {line}", limit=LINE), soft_wrap=True)
    console.print(cell(place, limit=LINE), soft_wrap=True)
    return 0


def _extras(arguments: argparse.Namespace) -> int:
    """Figures and the atlas."""
    paths: list[Path] = arguments.runs
    if arguments.atlas and len(paths) > 1:
        raise ConfigError("--atlas takes one run")
    if arguments.figures:
        from ..drawing.figure import check_drawable

        check_drawable()
    from ..pluginhost import PluginHost
    from ..report.build import build
    from ..report.inputs import Options
    from ..run.finished import read_finished

    host = PluginHost()
    runs = [read_finished(path, label, host) for path, label in zip(paths, LABELS, strict=False)]
    if arguments.figures:
        from ..report.figures import draw

        options = Options(arguments.queries, arguments.k, arguments.map)
        names = draw(build(runs, options).report, arguments.figures, arguments.width)
        print(f"{arguments.figures}: {len(names)} files")
    if arguments.atlas:
        _write_atlas(arguments.atlas, runs[0], arguments.model)
        print(arguments.atlas)
    return 0


def _write_atlas(path: Path, run: Inputs, model: str | None) -> None:
    from ..report.atlas import write_atlas
    from ..report.thumbs import OnDemand

    known = list(run.banks)
    name = model or ("student" if "student" in known else next(iter(known), "student"))
    if name not in known:
        raise ConfigError(f"{run.path} has no embeddings of {name!r} (it has {', '.join(known)})")
    pictures = {}
    for record in run.records:
        found = run.pictures.path_of(record) if run.pictures else None
        if found is not None:
            pictures[record.item_id] = found
    write_atlas(path, run.records, run.banks[name], thumbnails=OnDemand(pictures))


def _place(arguments: argparse.Namespace) -> Path | None:
    """Where the page goes; None: nowhere, its data are printed."""
    out: Path | None = arguments.out
    if out is None:
        if arguments.json:
            return None
        return arguments.runs[0] / PAGE if len(arguments.runs) == 1 else Path(PAGE)
    if out.suffix == ".html" and not out.is_dir():
        return out
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: expected a .html file or a folder")
    return out / PAGE
