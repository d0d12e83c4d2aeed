"""Changes to binary tables and archives, beyond their bytes."""

import datetime
import io
import struct
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .mutations import TEXTS, change_bytes


def change_parquet(content, rng):
    """A column of another type or with other values, a column too many or too few."""
    table = pq.read_table(io.BytesIO(content))
    names, count = list(table.column_names), len(table)
    at = rng.randrange(len(names))
    text = rng.choice(TEXTS).encode("utf-8", "replace").decode()
    day = datetime.date(2020, 1, 1)
    columns = [
        lambda: pa.nulls(count), lambda: pa.array([[1, 2]] * count),
        lambda: pa.array([{"a": text}] * count), lambda: pa.array([b"\xff\xfe"] * count),
        lambda: pa.array([b"\xff\xfe"] * count, pa.binary()).view(pa.string()),
        lambda: pa.array([day] * count), lambda: pa.array([1.5, *[float("nan")] * (count - 1)]),
        lambda: pa.array([2**63] * count, pa.uint64()), lambda: pa.array([True] * count),
        lambda: pa.array([text] * count), lambda: pa.array([text] * count).dictionary_encode(),
        lambda: pa.array([text] * count, pa.large_string()), lambda: pa.array([-5] * count),
        lambda: pa.array([{"a": [{"b": [text]}]}] * count), lambda: pa.array([text * 50] * count),
        lambda: pa.array(["[" * 300] * count), lambda: pa.array(['{"trial_places": 1}'] * count),
    ]  # fmt: skip
    kind = rng.randrange(8)
    if kind == 0:
        table = table.drop_columns([names[at]])
    elif kind == 1:
        table = table.append_column(rng.choice(TEXTS).encode("utf-8", "replace").decode(),
                                    rng.choice(columns)())  # fmt: skip
    elif kind == 2:
        table = table.slice(0, rng.randrange(count))
    elif kind == 3:
        table = pa.concat_tables([table] * rng.randrange(2, 9))
    else:
        table = table.set_column(at, names[at], rng.choice(columns)())
    out = io.BytesIO()
    pq.write_table(table, out, compression=rng.choice(["none", "snappy", "zstd", "gzip"]))
    return out.getvalue()


def change_npz(content, rng):
    """Arrays of another type or shape, and headers that lie, in an archive that is whole."""
    arrays = dict(np.load(io.BytesIO(content)))
    name = rng.choice(list(arrays))
    changed = _array(arrays[name], rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as made:
        for key, values in arrays.items():
            if key == name and rng.random() < 0.1:
                continue
            made.writestr(f"{key}.npy", changed if key == name else _written(values))
    return out.getvalue()


def change_npy(content, rng):
    return _array(np.load(io.BytesIO(content)), rng)


def _array(values, rng):
    if rng.random() < 0.4:
        return _lie(_written(values), rng)
    kinds = ["f2", "f8", "i4", "c8", "?", "U3", "S2", "O", "M8[s]", "m8[D]", ">f4", "V8", "g",
             "f4,i4"]  # fmt: skip
    with np.errstate(all="ignore"):
        try:
            values = values.astype(rng.choice(kinds))
        except (ValueError, TypeError):
            values = np.zeros((2, 3, 4), rng.choice(kinds))
    if rng.random() < 0.3:
        shape = rng.choice([(), (0,), (1, -1), (-1,), (-1, 1, 1)])
        values = values.reshape(shape) if values.size and -1 in shape else np.zeros(shape)
    return _written(values)


def _written(values):
    out = io.BytesIO()
    np.lib.format.write_array(out, values, allow_pickle=True)
    return out.getvalue()


def _lie(content, rng):
    """Another shape or dtype in the header of an .npy file."""
    size = struct.unpack("<H", content[8:10])[0]
    header = content[10 : 10 + size].decode("latin1")
    shape = rng.choice(["(10**12,)", "(1000000000000, 8)", "(-1, 2)", "(2, 2, 2)", "()", "(0, 5)",
                        "(9" + "9" * 4000 + ",)", "(" * 90 + ")" * 90, "'x'", "(1.5,)", "(True,)",
                        "[3, 2]", "None"])  # fmt: skip
    start, end = header.index("(", header.index("shape")), header.rindex(")") + 1
    header = header[:start] + shape + header[end:]
    if rng.random() < 0.3:
        kinds = ["<U99999999", "|O", "<f9", "V1000000000", ""]
        header = header.replace("<f4", rng.choice(kinds))
    header = header.rstrip() + "\n"
    return (
        content[:8]
        + struct.pack("<H", len(header) % 65536)
        + header.encode()
        + content[10 + size :]
    )


def change_mat(content, rng):
    """Bytes below the compression of a MAT file."""
    at, out = 128, [content[:128]]
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, at)
        part = content[at + 8 : at + 8 + size]
        if kind == 15:
            part = zlib.compress(change_bytes(zlib.decompress(part), rng))
        out.append(struct.pack("<II", kind, len(part)) + part)
        at += 8 + size
    return b"".join(out)
