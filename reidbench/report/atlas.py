"""One parquet file of all items of a bank, for a viewer of embeddings.

Apple's Embedding Atlas opens it as it is, offline:

    embedding-atlas atlas.parquet --x projection_x --y projection_y --neighbors neighbors \
        --image image --text caption

Other readers of parquet take its columns as they are. The nearest neighbours are of the whole
file and no ranking of a task: excluded items, splits and modalities are all among them.
Format: https://apple.github.io/embedding-atlas/tool.html (version 0.26 was read).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from reidbench_registry import ConfigError, DataError, Record

from ..embeddings import Embeddings
from ..embeddings.norms import rows_not_finite
from ..tools.files import whole_file
from ..tools.terminal import quoted
from .neighbours import ROWS, neighbours, projection

NEIGHBOURS = 15


def write_atlas(
    path: Path,
    records: Iterable[Record],
    embeddings: Embeddings,
    coordinates: Tensor | None = None,
    thumbnails: Mapping[str, bytes] = MappingProxyType({}),
    k: int = NEIGHBOURS,
) -> None:
    """Write a row for each item of `embeddings`, whole file or none: item, modality, pid, camera,
    split, caption, projection_x, projection_y, neighbors, image.

    records: at least those of the items. coordinates[N, 2]: of any projection (t-SNE, UMAP); None:
    PCA of the L2-normalised features. thumbnails: item id -> the bytes of a PNG, JPEG or WebP file;
    asked for one row after the other. neighbors: `ids`, the row numbers of the k nearest other
    items by cosine similarity, and `distances`, 1 - similarity. image: `bytes` and `path`; null
    for items without a thumbnail.

    Rows are written in groups: beside the features, memory does not grow with their number.
    Raises DataError for an item without a record, for features or coordinates that are not finite
    and for coordinates of another shape, ConfigError for a path without the suffix .parquet."""
    import pyarrow
    import pyarrow.parquet

    if path.suffix != ".parquet":
        raise ConfigError(f"{path}: expected a .parquet file")
    known = _known(records, embeddings.item_ids)
    places = _places(embeddings, coordinates)
    schema = _schema()
    with whole_file(path) as part, pyarrow.parquet.ParquetWriter(part, schema) as writer:
        first = 0
        for similarity, rows in neighbours(embeddings.features, k, ROWS):
            items = embeddings.item_ids[first : first + len(rows)]
            columns = {
                **_texts([known[item] for item in items]),
                "projection_x": places[first : first + len(rows), 0].tolist(),
                "projection_y": places[first : first + len(rows), 1].tolist(),
                "neighbors": list(_neighbours(similarity, rows)),
                "image": list(_images(items, thumbnails)),
            }
            writer.write_batch(pyarrow.RecordBatch.from_pydict(columns, schema))
            first += len(rows)


def _schema() -> Any:
    import pyarrow as pa

    texts = ("item", "modality", "pid", "camera", "split", "caption")
    near = {"distances": pa.list_(pa.float32()), "ids": pa.list_(pa.int64())}
    image = {"bytes": pa.binary(), "path": pa.string()}
    return pa.schema(
        [
            *((name, pa.string()) for name in texts),
            ("projection_x", pa.float64()),
            ("projection_y", pa.float64()),
            ("neighbors", pa.struct(near.items())),
            ("image", pa.struct(image.items())),
        ]
    )


def _known(records: Iterable[Record], items: Sequence[str]) -> dict[str, Record]:
    wanted = set(items)
    known = {record.item_id: record for record in records if record.item_id in wanted}
    missing = [item for item in items if item not in known]
    if missing:
        raise DataError(f"{len(missing):,} items have no record, first {quoted(missing[0])}")
    return known


def _places(embeddings: Embeddings, coordinates: Tensor | None) -> Tensor:
    count = len(embeddings.item_ids)
    broken = rows_not_finite(embeddings.features)
    if broken:
        item = quoted(embeddings.item_ids[broken[0]])
        raise DataError(f"features are not finite, first that of item {item}")
    if coordinates is None:
        return projection(embeddings.features)[0] if count else torch.zeros(0, 2)
    places = torch.as_tensor(coordinates, dtype=torch.float64)
    if places.shape != (count, 2):
        raise DataError(f"coordinates have the shape {list(places.shape)}, expected {[count, 2]}")
    if not places.isfinite().all():
        raise DataError("coordinates are not finite")
    return places


def _texts(records: Sequence[Record]) -> dict[str, list[str | None]]:
    return {
        "item": [_text(record.item_id) for record in records],
        "modality": [_text(record.modality) for record in records],
        "pid": [_text(record.pid) for record in records],
        "camera": [_text(record.camera_id) for record in records],
        "split": [_text(record.split) for record in records],
        "caption": [_text(record.text) for record in records],
    }


def _text(value: object) -> str | None:
    """Half of a surrogate pair, which JSON may hold and UTF-8 cannot, becomes a question mark."""
    return None if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def _neighbours(similarity: Tensor, rows: Tensor) -> Iterator[dict[str, list]]:
    distances = (1 - similarity).clamp(min=0)
    for distance, row in zip(distances.tolist(), rows.tolist(), strict=True):
        yield {"distances": distance, "ids": row}


def _images(items: Sequence[str], thumbnails: Mapping[str, bytes]) -> Iterator[dict | None]:
    for item in items:
        thumbnail = thumbnails.get(item)
        yield None if thumbnail is None else {"bytes": thumbnail, "path": _text(item)}
