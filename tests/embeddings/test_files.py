"""Embedding files of strangers: every honest form is read, what a header declares is not believed.

The archives that lie are small; what they declare would take gigabytes."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from reidbench.embeddings.files import read_embeddings
from reidbench_registry import DataError

FEATURES = np.arange(6, dtype="f4").reshape(3, 2)
IDS = ["a", "b", "c"]
ENTRY = b"PK\x01\x02\x14\x03\x14\x00"
"""How an entry of a zip's directory begins, up to its flags."""


def npy(values):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asanyarray(values), allow_pickle=False)
    return out.getvalue()


def header(shape, descr="<f4"):
    """The beginning of an .npy file that declares `shape`."""
    words = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    words = words.ljust(-(len(words) + 11) % 64 + len(words)) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(words)) + words.encode()


def npz(path, features, ids=None, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("features.npy", features)
        archive.writestr("item_ids.npy", npy(IDS) if ids is None else ids)
    return path


def refused(path):
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            read_embeddings(path)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
    words = str(caught.value)
    assert path.name in words and "\n" not in words
    return words


@pytest.mark.parametrize("beside", ["items.json", "item_ids.txt"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_npy_with_ids_beside(tmp_path, beside, dtype):
    np.save(tmp_path / "features.npy", FEATURES.astype(dtype))
    text = json.dumps(IDS) if beside == "items.json" else "a\r\nb\nc\n"
    (tmp_path / beside).write_text(text)
    found = read_embeddings(tmp_path / "features.npy").embeddings
    assert list(found.item_ids) == IDS
    assert torch.equal(found.features.float(), torch.from_numpy(FEATURES))


def test_npy_without_ids_says_where_they_may_be(tmp_path):
    np.save(tmp_path / "x.npy", FEATURES)
    words = refused(tmp_path / "x.npy")
    assert "no item ids (neither items.json beside it nor item_ids.txt beside it)" in words
    save_file({"features": torch.ones(1, 1)}, tmp_path / "x.safetensors")
    assert "neither metadata item_ids nor items.json" in refused(tmp_path / "x.safetensors")


def test_python_objects_are_answered_in_words(tmp_path):
    np.savez(tmp_path / "x.npz", features=FEATURES, item_ids=np.array(IDS, object))
    assert refused(tmp_path / "x.npz").endswith(
        "item_ids is an array of Python objects: save it as strings, np.array(ids, dtype=str)"
    )
    np.savez(tmp_path / "x.npz", features=FEATURES.astype(object), item_ids=IDS)
    assert "np.asarray(features, dtype=np.float32)" in refused(tmp_path / "x.npz")
    np.save(tmp_path / "x.npy", FEATURES.astype(object))
    assert "features is an array of Python objects" in refused(tmp_path / "x.npy")


@pytest.mark.parametrize("shape", [(10**12, 3), (10**6, 10**6), (2**63, 2**63), (-1, 2), (4, 2)])
def test_declared_shapes_are_held_against_the_file(tmp_path, shape):
    lie = header(shape) + b"\0" * 24
    assert "features" in refused(npz(tmp_path / "x.npz", lie))
    (tmp_path / "x.npy").write_bytes(lie)
    assert "features" in refused(tmp_path / "x.npy")


def test_an_archive_that_grows_a_thousandfold(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("features.npy", "w", force_zip64=True) as part:
            part.write(header((3, 10_000_000)))
            for _ in range(30):
                part.write(bytes(4_000_000))
        archive.writestr("item_ids.npy", npy(IDS))
    assert path.stat().st_size < 200_000
    assert "that would become 120,000,0" in refused(path)


def test_rows_that_no_file_of_this_size_has(tmp_path):
    rows = 3_000_000
    npz(tmp_path / "x.npz", npy(np.zeros((rows, 1), "f2")), npy(np.zeros(rows, "U1")))
    assert "that would become 3,000,000 rows" in refused(tmp_path / "x.npz")
    (tmp_path / "x.npy").write_bytes(header((10**12, 0)))
    assert "rows" in refused(tmp_path / "x.npy")


def test_damage_of_every_kind_is_one_line(tmp_path):
    whole = npz(tmp_path / "x.npz", npy(FEATURES), method=zipfile.ZIP_DEFLATED).read_bytes()
    start = whole.index(b"features.npy") + 12
    for content in (
        b"",
        whole[:-1],
        whole[: len(whole) // 2],
        whole[:start] + b"\xff" * 20 + whole[start + 20 :],  # zlib.error
        whole.replace(ENTRY + b"\x00", ENTRY + b"\x01"),  # a password
        whole.replace(b"\x00\x00\x08\x00", b"\x00\x00\x61\x00"),  # NotImplementedError
    ):  # fmt: skip
        (tmp_path / "x.npz").write_bytes(content)
        refused(tmp_path / "x.npz")


@pytest.mark.parametrize("dtype", [">f4", "c8", "i4", "U3", "M8[s]", [("a", "<f4")], "g"])
def test_other_dtypes(tmp_path, dtype):
    np.savez(tmp_path / "x.npz", features=np.zeros((3, 2), dtype), item_ids=IDS)
    refused(tmp_path / "x.npz")
    save_file({"features": torch.ones(3, 2).to(torch.float8_e4m3fn)}, tmp_path / "x.safetensors",
              {"item_ids": json.dumps(IDS)})  # fmt: skip
    assert "got float8_e4m3fn[3, 2]" in refused(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("text", "words"),
    [("[1, 2, 3]", "no list of strings"), ("{", "metadata item_ids: Expecting"),
     ('["a", "b", "\\ud800"]', "2: a lone surrogate"), ("[" * 9999, "nested"),
     ('["a", "b", "b"]', "first 'b'"), ("[NaN]", "0: NaN is no number")],
)  # fmt: skip
def test_ids_in_metadata(tmp_path, text, words):
    save_file({"features": torch.ones(3, 2)}, tmp_path / "x.safetensors", {"item_ids": text})
    assert words in refused(tmp_path / "x.safetensors")


def test_ids_are_characters(tmp_path):
    np.savez(tmp_path / "x.npz", features=FEATURES, item_ids=np.array(["a", "b", "\ud800"]))
    refused(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", features=FEATURES * np.nan, item_ids=["\x1b[2J", "b", "c"])
    assert "'\\x1b[2J' (row 0)" in refused(tmp_path / "x.npz")
