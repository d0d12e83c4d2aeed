"""The folder of a run: its name, what marks it as one, and when it may be written again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from reidbench_registry import ConfigError, DataError

from ..config.walk import key_settings
from ..results import provenance
from ..results.differences import differences
from ..tools.digests import json_digest
from ..tools.files import write_json
from .context import Context

MARKER = "run.json"
LAYOUT = 1
"""Number of the layout of run folders; raised when an older one can no longer be read."""
RESERVED = ("stages", "partial", "cache", "sweeps")
_WORDS = 56
"""Bytes of the overrides in a name; two such names fit into one."""
_LEFT_OUT = re.compile(r"""['"\s\[\]{}()]""")
_NOT_IN_NAMES = re.compile(r"[^\w.+=,-]+")
_NAME = re.compile(r"[\w+=,-][\w.+=,-]*")


def check_name(name: str) -> str:
    """Raises ConfigError unless `name` can be the name of a folder in the work directory."""
    if not _NAME.fullmatch(name) or len(name.encode()) > 200 or name in RESERVED:
        raise ConfigError(
            f"run.name: {name[:60]!r} is no name for a run folder (letters, digits, _ . + = , -; "
            f"at most 200 bytes, none of {', '.join(RESERVED)})"
        )
    return name


def name_of(path: Path, seed: str, options: list[str]) -> str:
    """A name for what a config and its overrides describe: `distill_cosine-seed0-run.threads=1`.

    Overrides that a name cannot hold as they are (too long, other characters) end in a digest, so
    that different ones have different names."""
    stem = re.sub(r"[^\w-]", "-", path.stem)
    # Of two overrides of one value the last counts.
    last = {option.partition("=")[0]: option for option in options}
    last.pop("run.seed", None)
    if not last:
        return f"{stem}{seed}"
    changed = sorted(last.values())
    whole = ",".join(changed)
    words = _NOT_IN_NAMES.sub("_", _LEFT_OUT.sub("", whole))
    if words != whole or len(words.encode()) > _WORDS:
        short = words.encode()[:_WORDS].decode(errors="ignore")
        if len(short) < len(words) and "," in short:
            short = short.rpartition(",")[0]
        words = f"{short.rstrip('_,.=')}-{json_digest(changed)[:6]}"
    return f"{stem}{seed}-{words}"


def lay_out(context: Context) -> None:
    """Make the run folder, or take the one of an earlier run of the same config, whose result stays
    until the new one is ready.

    Raises ConfigError for a folder that reidbench did not write, and for one that holds the result
    of another config: nothing is overwritten silently."""
    folder, requested = context.run_dir, key_settings(context.experiment)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ConfigError(f"{folder} is no folder: choose another run.name")
    if folder.is_dir() and any(folder.iterdir()):
        before = read_marker(folder)
        if (folder / "result.json").exists() and before.get("requested") != requested:
            differ = differences(before.get("requested"), json.loads(json.dumps(requested)))
            if differ:
                words = [f"{key} {a!r}, now {b!r}" for key, (a, b) in list(differ.items())[:3]]
                raise ConfigError(
                    f"{folder} holds the result of another config ({'; '.join(words)}): choose "
                    "another run.name, or remove the folder"
                )
    folder.mkdir(parents=True, exist_ok=True)
    for part in [*folder.glob(".part-*"), *folder.glob(".old-*")]:  # of a process that was killed
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    context.store.sweep(context.work_dir)
    marker = {"layout": LAYOUT, "reidbench": provenance.version(), "requested": requested}
    write_json(folder / MARKER, marker)
    context.write_config()


def read_marker(folder: Path) -> dict[str, Any]:
    """`run.json` of a run folder. Raises DataError for a folder that this version of reidbench did
    not write."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        if isinstance(marker, dict) and marker.get("layout") == LAYOUT:
            return marker
        why = f"its {MARKER} is of another layout"
    except FileNotFoundError:
        why = f"it has no {MARKER}"
    except (OSError, ValueError) as error:
        why = f"{MARKER}: {error}"
    raise DataError(
        f"{folder} is no run folder of this version of reidbench ({why}): run its config again, "
        "under another name"
    )
