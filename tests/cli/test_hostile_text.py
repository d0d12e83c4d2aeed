"""What strangers wrote is shown, not obeyed, wherever a verb prints it."""

import json
import unicodedata

import numpy as np
import pytest
from rich.console import Console

from reidbench.cli.main import main
from reidbench.terminal.reporter import Reporter

NAMES = ["\x1b[31mred\x1b[0m", "[/bold] [red]x", "a\nb\u202ec", "\x9b2J", ":boom:", "x" * 5000]


def run(capsys, *words):
    code = main([str(w) for w in words])
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        kinds = {unicodedata.category(c) for c in text if c != "\n"}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}, repr(text)
        assert "--json" in words or "x" * 301 not in text
    assert code in (0, 1, 2)
    return code, shown.out, shown.err


@pytest.mark.parametrize("name", NAMES)
def test_score_and_compare(tmp_path, capsys, name):
    def rows(modality):
        return [{"item_id": f"{name}{modality}{i}", "dataset": name[:300], "split": "test",
                 "modality": modality, "pid": f"{name}{i}"} for i in range(3)]  # fmt: skip

    records = rows("rgb") + rows("ir")
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, records)))
    ids = [r["item_id"] for r in records]
    np.savez(tmp_path / "e.npz", features=np.eye(6, dtype="f4"), item_ids=ids)
    np.savez(tmp_path / "f.npz", features=np.eye(6, dtype="f4") * [[np.nan], *[[1]] * 5],
             item_ids=ids)  # fmt: skip
    np.savez(tmp_path / "g.npz", features=np.eye(7, dtype="f4"), item_ids=[*ids, f"{name}?"])
    task = {"name": name[:300], "query": {"modality": "ir"}, "gallery": {"modality": "rgb"}}
    (tmp_path / "t.json").write_text(json.dumps(task))
    words = ("--manifest", tmp_path / "m.jsonl", "--task", tmp_path / "t.json")
    out = tmp_path / "r.json"
    assert run(capsys, "score", tmp_path / "e.npz", *words, "--out", out)[0] == 0
    assert run(capsys, "score", tmp_path / "e.npz", *words, "--json")[0] == 0
    for file in ("f.npz", "g.npz"):
        code, _, err = run(capsys, "score", tmp_path / file, *words)
        assert code == 2 and err.count("\n") == 1 and file in err
    assert run(capsys, "compare", out, out)[0] == 0
    code, text, _ = run(capsys, "compare", out, out, "--json")
    assert code == 0 and json.loads(text)["rows"][0]["task"] == name[:300]
    (tmp_path / "t.json").write_text(json.dumps(task | {name: 1}))
    code, _, err = run(capsys, "score", tmp_path / "e.npz", *words)
    assert code == 2 and err.count("\n") == 1 and "unknown field" in err


@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_and_a_config(tmp_path, capsys, name):
    table = tmp_path / "m.json"
    row = {"item_id": name, "split": name, "modality": "text", "pid": name, "text": "a"}
    table.write_text(json.dumps([row, row | {"item_id": "b", "instance_id": name}]))
    words = ("data", "check", "Manifest", "--option", f"path={table}")
    assert run(capsys, *words)[0] == 0
    assert run(capsys, *words, "--json")[0] == 0
    table.write_text(json.dumps([row, row]))
    assert run(capsys, *words)[0] == 1
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"data": {"type": name}, name: 1}))
    code, _, err = run(capsys, "run", config, "--dry-run")
    assert code == 2 and err.count("\n") == 1


def test_lines_and_log_of_a_run(tmp_path, capsys):
    reporter = Reporter(tmp_path / "log.jsonl", Console())
    for name in [*NAMES, "\ud800"]:
        reporter.line("data", name, fact=name)
        list(reporter.track([1], name))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "[/bold] [red]x" in shown and ":boom:" in shown
    log = (tmp_path / "log.jsonl").read_text()
    assert "\x9b" not in log and "\u202e" not in log
    assert [json.loads(line)["fact"] for line in log.splitlines()] == [*NAMES, "\ud800"]
