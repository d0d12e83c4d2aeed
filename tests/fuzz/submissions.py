"""Seeded changes to the folder of a valid submission, in place."""

import json
import os
import shutil
import socket
import zipfile
from contextlib import suppress

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save

from reidbench.tools.digests import file_digest

from .mutations import TEXTS, change_bytes, change_json, change_length, hostile, places, to_json

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.int64,
          torch.bool, torch.complex64]  # fmt: skip
NAMES = ["x.safetensors", ".hidden", "a\nb.safetensors", "\x1b[2J.safetensors", "é", "\u202ex",
         b"\xff\xfe.safetensors", "record.json.bak", "__init__.py", "conftest.py", "x" * 200,
         "sitecustomize.py", "-rf", "record.JSON"]  # fmt: skip
LYING = ["../submission.json", "/etc/passwd", "../../hidden.csv", "..", "a/b.safetensors",
         "record.json", "C:\\x.safetensors", "x\0.safetensors", "student-seed0.safetensors\n",
         "STUDENT-SEED0.safetensors", ".safetensors", "\x1b[31m.safetensors"]  # fmt: skip
FIGURES = [0.001, -0.001, 1e-6, -1e-6, 1e-10, 1, -1, 1e300]


def read(folder, name):
    return json.loads((folder / name).read_bytes())


def write(folder, name, value):
    (folder / name).write_text(to_json(value))


def features_of(folder, rng):
    """The name of a file of embeddings, its features and its ids."""
    name = rng.choice(sorted(p.name for p in folder.glob("*.safetensors")))
    with safe_open(folder / name, "pt") as file:
        return name, file.get_tensor("features").clone(), json.loads(file.metadata()["item_ids"])


def store(folder, name, tensors, metadata):
    (folder / name).unlink()
    (folder / name).write_bytes(save(tensors, metadata))


def declare(folder, name, features=None):
    """Digest, size and form in `submission.json` are those of the changed file again."""
    given, path = read(folder, "submission.json"), folder / name
    about = given["files"][name]
    about["sha256"], about["bytes"] = file_digest(path), path.stat().st_size
    if features is not None:
        about["shape"] = list(features.shape)
        about["dtype"] = str(features.dtype).removeprefix("torch.")
    write(folder, "submission.json", given)


def damage_json(folder, rng):
    path = folder / rng.choice(["submission.json"] * 3 + ["record.json"] * 4 + ["config.json"])
    change = rng.choice([change_json] * 4 + [change_bytes])
    path.write_bytes(change(path.read_bytes(), rng))


def edit_figures(folder, rng):
    """Numbers of the record, a little or much."""
    record = read(folder, "record.json")
    for _ in range(rng.choice([1, 1, 3])):
        row = rng.choice(record["scores"])
        of = rng.choice([row["metrics"], row["metrics"], rng.choice(row["per_seed"])["metrics"],
                         row["interval"], row["bracket"], row])  # fmt: skip
        kinds = (float, int) if of is row else (float, int, list)
        keys = [k for k in of if isinstance(of[k], kinds) and not isinstance(of[k], bool)]
        key, by = rng.choice(keys), rng.choice(FIGURES)
        if isinstance(of[key], list):
            of[key][rng.randrange(2)] += by
        else:
            of[key] = rng.choice([of[key] + by, 0, 1, 0.5, 10**6, [0] * 5000, -0.0])
    write(folder, "record.json", record)


def edit_claims(folder, rng):
    """What stands around the figures: identities, status, seeds, data set, rows."""
    record = read(folder, "record.json")
    rows = record["scores"]
    row = rng.choice(rows)
    kind = rng.randrange(12)
    if kind == 0:
        record["status"] = rng.choice(["reported", "rescored", "reproduced", *TEXTS])
    elif kind == 1:
        rows.append(json.loads(json.dumps(row)))
    elif kind == 2:
        rows.remove(row)
    elif kind == 3:
        rows[0]["identity"], rows[1]["identity"] = rows[1]["identity"], rows[0]["identity"]
    elif kind == 4:
        row["identity"][rng.choice(list(row["identity"]))] = hostile(rng)
    elif kind == 5:
        row["identity"]["task"][rng.choice(["name", "exclude", "cmc"])] = rng.choice(
            ["none", "same_instance", "identity", "ir2rgb", *TEXTS])  # fmt: skip
    elif kind == 6:
        row["mode"] = rng.choice(["server", "", *TEXTS])
    elif kind == 7:
        record["seed"] = rng.choice([0, 1, 7, None])
    elif kind == 8:
        row["per_seed"] = rng.choice([[], row["per_seed"] * 2, row["per_seed"][:1],
                                      [{**row["per_seed"][0], "seed": 9}]])  # fmt: skip
    elif kind == 9:
        record["dataset"][rng.choice(list(record["dataset"]))] = rng.choice([*TEXTS, 0, True])
    elif kind == 10:
        rows.reverse()
    else:
        figures = {n: rng.choice([0.5, 7, -1, 1e308]) for n in row["metrics"]}
        row["last"] = {"step": 5, "metrics": rng.choice([figures, {}, {"x": 0.5}, row["metrics"]])}
    write(folder, "record.json", record)


def edit_submission(folder, rng):
    """Names, sizes, seeds and modes that lie."""
    given = read(folder, "submission.json")
    name = rng.choice(list(given["files"]))
    one = rng.choice(given["scores"])
    kind = rng.randrange(9)
    if kind == 0:
        other = rng.choice(LYING)
        given["files"][other] = given["files"].pop(name)
        for score in given["scores"]:
            for side in ("query", "gallery"):
                score[side] = other if score[side] == name else score[side]
    elif kind == 1:
        given["entry"] = rng.choice(["other", "..", "../mine", *TEXTS])
    elif kind == 2:
        given["benchmark"] = rng.choice(["other", "..", "../toy", *TEXTS])
    elif kind == 3:
        about = given["files"][name]
        about["shape"] = rng.choice([[2**62, 2**62], [0, 6], [1, 1], about["shape"][::-1],
                                     [*about["shape"], 1], [50.0, 6], [True, 6]])  # fmt: skip
    elif kind == 4:
        given["files"][name]["bytes"] = rng.choice([8, 10 * 2**30, 2**70, -1, 1328.0])
    elif kind == 5:
        given["files"][name]["dtype"] = rng.choice(["float16", "float64", "int8", "F32", ""])
    elif kind == 6:
        one[rng.choice(["query", "gallery"])] = rng.choice([*given["files"], *LYING])
    elif kind == 7:
        one["seed"] = rng.choice([0, 1, 2, None, 2**63])
    else:
        one["mode"] = rng.choice(["server", "a b", "\x1b[2J", "edge", "\u202e", "x" * 41])
    write(folder, "submission.json", given)


def damage_file(folder, rng):
    """Bytes or the header of a file; half of the time digest and size are declared again."""
    name = rng.choice(sorted(p.name for p in folder.glob("*.safetensors")))
    path = folder / name
    kind, content = rng.randrange(8), path.read_bytes()
    if kind == 0:
        content = (2 * 2**30).to_bytes(8, "little") + content[8:]
    elif kind == 1:
        deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
        content = len(deep).to_bytes(8, "little") + deep + content[-960:]
    elif kind < 5:
        content = change_length(content, rng)
    else:
        content = change_bytes(content, rng)
    path.write_bytes(content)
    if rng.random() < 0.5:
        declare(folder, name)


def change_header(folder, rng):
    """A whole file with another dtype, shape or offsets in its header, declared as it is."""
    name, features, _ = features_of(folder, rng)
    content = (folder / name).read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    tensor = header["features"]
    where = rng.choice([p for p in places(header) if p])
    kind = rng.randrange(5)
    if kind == 0:
        tensor["dtype"] = rng.choice(["F16", "F64", "I32", "BOOL", "F8_E4M3", "U8", "F4", ""])
    elif kind == 1:
        tensor["shape"] = rng.choice([[300], [6, 50], [2**63, 2], [0, 0], [50, 6, 1], [-1, 6]])
    elif kind == 2:
        tensor["data_offsets"] = rng.choice([[4, 1204], [0, 2**60], [1200, 0], [0, 8], [-8, 1192]])
    elif kind == 3 and len(where) > 1:
        parent = header
        for key in where[:-1]:
            parent = parent[key]
        parent[where[-1]] = rng.choice([None, [], {}, "x", 5, "[]", '["' + "a" * 5000 + '"]'])
    else:
        header[rng.choice([*TEXTS, "x"])] = rng.choice([tensor, {"item_ids": "[]"}, {}])
    text = to_json(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / name).write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])
    declare(folder, name, features if rng.random() < 0.7 else None)


def change_features(folder, rng):
    """Other values, types or sizes, stored and declared as they are: only figures can tell."""
    name, features, ids = features_of(folder, rng)
    row, kind = rng.randrange(len(ids)), rng.randrange(14)
    if kind == 0:
        features[row, 0] = rng.choice([float("nan"), float("inf"), -float("inf"), 3e38, 1e-45])
    elif kind == 1:
        features = features.to(rng.choice(DTYPES))
    elif kind == 2:
        features = features[:, : rng.choice([0, 1, 3])]
    elif kind == 3:
        features = features * rng.choice([0.0, 1e-38, 1e38, 1e-20, -1.0, 3.0])
    elif kind == 4:
        features = features[torch.tensor(np.random.default_rng(row).permutation(len(ids)))]
    elif kind == 5:
        features[row] = features[rng.randrange(len(ids))]
    elif kind == 6:
        features = features.flatten() if row % 2 else features[None]
    elif kind == 7:
        features = features.double() * rng.choice([1e300, 1e-300, 1.0])
    elif kind == 8:
        features = torch.full((len(ids), rng.choice([1, 2])), rng.choice([1e-40, 1.0, 1e30]))
        features[row] *= rng.choice([-1, 0, 2])
    elif kind == 9:
        features[row] += rng.choice([1e-7, 1e-3, 1])
    elif kind == 10:
        order = np.random.default_rng(row).permutation(len(ids))
        features, ids = features[torch.tensor(order)], [ids[i] for i in order]
    elif kind == 11:
        features = torch.cat([features, torch.zeros(len(ids), 2)], dim=1)
    elif kind == 12:
        features = features[:, torch.tensor(rng.sample(range(features.shape[1]), 6))]
    else:
        features = torch.zeros(0, 6) if row % 2 else torch.zeros(len(ids), 20_000)
    store(folder, name, {"features": features.contiguous()}, {"item_ids": json.dumps(ids)})
    declare(folder, name, features)


def change_items(folder, rng):
    """Items that are missing, too many, unknown, twice there or under other names."""
    name, features, ids = features_of(folder, rng)
    at, other = rng.randrange(len(ids)), rng.randrange(len(ids))
    kind, tensors, surplus = rng.randrange(11), {}, {}
    if kind == 0:
        ids[at] = ids[other]
    elif kind == 1:
        ids[at] = rng.choice([*TEXTS, "unknown", ids[at].upper(), ids[at] + "\n"])
    elif kind == 2:
        ids[at], ids[other] = ids[other], ids[at]
    elif kind == 3:
        ids, features = ids[:at] + ids[at + 1 :], torch.cat([features[:at], features[at + 1 :]])
    elif kind == 4:
        ids, features = [*ids, rng.choice(["more", *TEXTS])], torch.cat([features, features[:1]])
    elif kind == 5:
        ids = ids[at:] + ids[:at]
    elif kind == 6:
        ids = rng.choice([ids[:-1], [*ids, "x"], [*ids[:-1], 5], [ids], {"a": 1}, "x", None, []])
    elif kind == 7:
        tensors = {rng.choice(["pids", "features2", "x\x1b[2J"]): torch.zeros(3)}
    elif kind == 8:
        surplus = {rng.choice(["format", "pid", "x\x1b[2J"]): "pt"}
    elif kind == 9:
        ids = [i.swapcase() for i in ids]
    else:
        at = max(1, at)
        ids, features = ids[:at], features[:at]
    text = json.dumps(ids).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    store(folder, name, {"features": features, **tensors}, {"item_ids": text, **surplus})
    declare(folder, name, features)


def change_files(folder, rng):
    """Files that are missing, surplus, renamed, or no files at all."""
    name = rng.choice(sorted(p.name for p in folder.iterdir()))
    path, kind = folder / name, rng.randrange(13)
    outside = folder.parents[1] / "bait"
    if kind == 0:
        path.unlink()
    elif kind == 1:
        (folder / os.fsdecode(rng.choice(NAMES))).write_bytes(b"import os; os.abort()")
    elif kind == 2:
        path.rename(folder / rng.choice(["x.safetensors", "Record.json", f"{name}.gz"]))
    elif kind == 3:
        path.unlink()
        path.symlink_to(rng.choice([outside / "secret.json", "/dev/zero", "/etc/passwd", name,
                                    "nowhere", outside]))  # fmt: skip
    elif kind == 4:
        shutil.copy(path, outside / name)
        path.unlink()
        path.symlink_to(outside / name)
    elif kind == 5:
        path.unlink()
        os.mkfifo(path)
    elif kind == 6:
        path.unlink()
        path.mkdir()
        (path / "x").write_bytes(b"")
    elif kind == 7:
        with suppress(OSError):  # a long path has no room for one
            path.unlink()
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(path))
    elif kind == 8:
        # Files are slow to make on some disks.
        for number in range(70 if rng.random() < 0.05 else 1):
            (folder / f"{number}.safetensors").hardlink_to(path)
    elif kind == 9:
        with path.open("r+b") as file:
            file.truncate(rng.choice([10 * 2**30, 0, 7, 2**33]))
        # The changed file itself may be submission.json: 10 GB are not for a test to read.
        if path.suffix == ".safetensors":
            declare_size(folder, name)
    elif kind == 10:
        target = folder.parent / "elsewhere"
        folder.rename(target)
        folder.symlink_to(target)
    elif kind == 11:
        path.write_bytes(rng.choice([b"", b"{}", b"[]", b"null", b"\x80\x04.", b"\xef\xbb\xbf{}"]))
    else:
        _archive(folder, rng)


def declare_size(folder, name):
    given = read(folder, "submission.json")
    given["files"][name]["bytes"] = (folder / name).stat().st_size
    write(folder, "submission.json", given)


def _archive(folder, rng):
    """A zip or npz under the name of a tensor file."""
    name, features, ids = features_of(folder, rng)
    if rng.random() < 0.5:
        with (folder / name).open("wb") as file:
            np.savez(file, features=features.numpy(), item_ids=np.array(ids))
    else:
        with zipfile.ZipFile(folder / name, "w") as made:
            made.writestr("../../escape", b"x")
    declare(folder, name)


CHANGES = (
    damage_json, damage_json, edit_figures, edit_claims, edit_submission, damage_file,
    change_header, change_features, change_items, change_files,
)  # fmt: skip
"""In turn: a quarter of them leaves files whose digests and sizes are all true."""
