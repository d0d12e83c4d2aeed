"""OSNet: what it embeds, what it keeps on disk, what it refuses."""

import pytest
import torch
from PIL import Image
from reidbench_registry import ConfigError, DataError, Record

from reidbench_osnet.blocks import OSBlock
from reidbench_osnet.osnet import OSNet


def pictures(folder):
    found = []
    for modality, colour in (("rgb", "red"), ("ir", "gray"), ("sketch", "white")):
        path = folder / f"{modality}.png"
        Image.new("RGB", (40, 100), colour).save(path)
        found.append(Record(modality, "d", "test", modality, "p", path=path))
    return found


def test_order_and_size_of_the_embeddings(tmp_path):
    model = OSNet(width=4, depth=1, image_size=[96, 48], embed_dim=7).eval()
    items = [model.preprocess(r) for r in pictures(tmp_path)]
    assert items[0].shape == (3, 96, 48)
    together = model.encode(model.collate(items))
    alone = torch.cat([model.encode(model.collate([item])) for item in items])
    assert together.shape == (3, 7)
    torch.testing.assert_close(together, alone)


def test_save_and_load_keep_the_embeddings(tmp_path):
    first, second = OSNet(width=4).eval(), OSNet(width=4).eval()
    batch = first.collate([first.preprocess(r) for r in pictures(tmp_path)])
    assert not torch.equal(first.encode(batch), second.encode(batch))
    first.save(tmp_path)
    second.load(tmp_path)
    assert torch.equal(first.encode(batch), second.encode(batch))
    with pytest.raises(DataError, match="does not fit"):
        OSNet(width=8).load(tmp_path)


def test_streams_see_three_five_seven_and_nine_pixels():
    block = OSBlock(8, 8).eval()
    for t, stream in enumerate(block.streams, start=1):
        for parameter in stream.parameters():
            torch.nn.init.ones_(parameter)  # nothing cancels, no ReLU closes
        x = torch.ones(1, 4, 15, 15, requires_grad=True)
        stream(x)[0, :, 7, 7].sum().backward()
        rows, columns = x.grad[0].sum(0).nonzero(as_tuple=True)
        assert len(rows.unique()) == len(columns.unique()) == 2 * t + 1


def test_all_parameters_learn():
    model = OSNet(width=4, depth=1)
    model.encode({"images": torch.randn(4, 3, 64, 32)}).square().sum().backward()
    still = [name for name, p in model.named_parameters() if p.grad is None]
    assert not still


@pytest.mark.parametrize(
    ("argument", "value"),
    [("width", 0), ("depth", 1.5), ("image_size", [64]), ("image_size", [8, 64])],
)
def test_wrong_arguments_are_named(argument, value):
    with pytest.raises(ConfigError, match=argument):
        OSNet(**{argument: value})


def test_text_is_refused_by_name():
    with pytest.raises(DataError, match="t1"):
        OSNet(width=4).preprocess(Record("t1", "d", "test", "text", "p", text="a man"))
