"""Entries that keep their contract (`Good*`), and one for each check that breaks just that.

A class's name begins with its kind; its docstring says what is wrong with it."""

import pickle
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from reidbench_registry import (
    MODALITIES,
    ConfigError,
    DataError,
    DatasetCard,
    EvalProtocol,
    ImageInput,
    Record,
    Selector,
    Task,
)
from reidbench_registry.testing import draw

NO_CLASS = 3

# --- loss


class GoodLoss:
    """Pulls features of one identity together."""

    claims = ("bfloat16",)

    def __call__(self, features, labels, modality, logits=None):
        """features[B, D], labels[B] -> one term."""
        same = labels[:, None] == labels
        gaps = (features[:, None].float() - features.float()).square().sum(-1)
        return {"pull": (gaps * same).sum()}


class GoodProxyLoss(nn.Module):
    """Pulls each feature to a learned proxy of its identity; both sizes come from the harness."""

    claims = ("bfloat16",)

    def __init__(self, num_classes, embed_dim):
        super().__init__()
        self.proxies = nn.Parameter(torch.randn(num_classes, embed_dim))

    def forward(self, features, labels, modality, logits=None):
        """features[B, D], labels[B] -> one term."""
        gaps = (features.float() - self.proxies[labels]).square().sum()
        return {"pull": gaps / max(1, len(labels))}


class LossWithIdleProxy(GoodProxyLoss):
    """Has a parameter that nothing uses."""

    def __init__(self, num_classes, embed_dim=7):
        super().__init__(num_classes, embed_dim)
        self.idle = nn.Parameter(torch.zeros(3))


class LossNeedsArgument(GoodLoss):
    """Cannot be built: an argument has no default."""

    def __init__(self, margin):
        self.margin = margin


class LossWithoutCall:
    """Has no member of its contract."""


class LossUndocumented(GoodLoss):
    pass


class LossWithoutShapes(GoodLoss):
    """Does not say what it takes."""

    def __call__(self, features, labels, modality, logits=None):
        """Features and labels -> one term."""
        return super().__call__(features, labels, modality, logits)


class LossClaimsTooMuch(GoodLoss):
    """Claims what there is not."""

    claims = ("bfloat61",)


class LossVector(GoodLoss):
    """Gives a value per row."""

    def __call__(self, features, labels, modality, logits=None):
        return {"rows": features.sum(1)}


class LossWithoutGradient(GoodLoss):
    """Is connected, but its gradient is zero."""

    def __call__(self, features, labels, modality, logits=None):
        return {"nothing": 0 * features.sum()}


class LossNaNWithoutPairs(GoodLoss):
    """Divides by the number of pairs, of which there may be none."""

    def __call__(self, features, labels, modality, logits=None):
        different = labels[:, None] != labels
        gaps = (features[:, None] - features).square().sum(-1)
        return {"push": gaps[different].mean() if len(labels) else features.sum()}


class LossNaNWhenEmpty(GoodLoss):
    """The mean of nothing."""

    def __call__(self, features, labels, modality, logits=None):
        return {"mean": features.square().sum(1).mean()}


class LossAtRandom(GoodLoss):
    """Gives another number each time."""

    def __call__(self, features, labels, modality, logits=None):
        return {"random": features.square().sum() * torch.rand(())}


class LossOverflowsInHalf(GoodLoss):
    """Loses its small differences in bfloat16."""

    def __call__(self, features, labels, modality, logits=None):
        return {"gap": ((features + 1000) - 1000).square().sum()}


# --- distiller


class GoodDistiller:
    """Mean squared difference."""

    needs_equal_dims = True
    claims = ("bfloat16", "zero_at_optimum")

    def fit(self, teacher_bank):
        """teacher_bank[N, D]: nothing to learn."""

    def __call__(self, student, teacher, modality):
        """student[B, D], teacher[B, D] -> scalar."""
        return (student.float() - teacher.detach().float()).square().sum()


class DistillerWithoutFit:
    """Lacks a method."""

    needs_equal_dims = True

    def __call__(self, student, teacher, modality):
        """student[B, D] -> scalar."""
        return student.sum()


class DistillerVector(GoodDistiller):
    """Gives a value per row."""

    def __call__(self, student, teacher, modality):
        return (student - teacher).square().sum(1)


class DistillerMovesTeacher(GoodDistiller):
    """Forgets to detach the teacher."""

    def __call__(self, student, teacher, modality):
        return (student - teacher).square().sum()


class DistillerNotZero(GoodDistiller):
    """Claims a zero that it has not."""

    def __call__(self, student, teacher, modality):
        return super().__call__(student, teacher, modality) + 1


class DistillerOfOneDim(GoodDistiller):
    """Says that it takes other dimensions, and does not."""

    needs_equal_dims = False


class DistillerNaNWhenEmpty(GoodDistiller):
    """The mean of nothing."""

    def __call__(self, student, teacher, modality):
        return (student - teacher.detach()).square().mean()


class DistillerNormalisesInPlace(GoodDistiller):
    """Changes the teacher's rows, so that the second batch is another one."""

    def __call__(self, student, teacher, modality):
        return (student - teacher.detach().mul_(1.1)).square().sum()


class DistillerOverflowsInHalf(GoodDistiller):
    """Loses small differences in bfloat16."""

    def __call__(self, student, teacher, modality):
        return ((student + 1000) - (teacher.detach() + 1000)).square().sum()


# --- metric


class GoodMetric:
    """R1."""

    def __call__(self, ranks):
        """ranks of Nq queries -> {'first': float64[Nq]}"""
        best = ranks.ranks[ranks.offsets[:-1]]
        return {"first": (best == 1).astype(np.float64)}


class MetricMean(GoodMetric):
    """Averages itself."""

    def __call__(self, ranks):
        return {name: values.mean() for name, values in super().__call__(ranks).items()}


class MetricRelative(GoodMetric):
    """Compares queries with each other."""

    def __call__(self, ranks):
        best = ranks.ranks[ranks.offsets[:-1]].astype(np.float64)
        return {"relative": best.min(initial=1e9) / best}


class MetricUpsideDown(GoodMetric):
    """Is lower for better ranks."""

    def __call__(self, ranks):
        return {name: 1 - values for name, values in super().__call__(ranks).items()}


class MetricNeedsQueries(GoodMetric):
    """Cannot do without queries."""

    def __call__(self, ranks):
        _ = ranks.ranks[0]
        return super().__call__(ranks)


class MetricAtRandom(GoodMetric):
    """Changes the ranks that it is given."""

    def __call__(self, ranks):
        ranks.ranks[:] = np.minimum(ranks.ranks, 3)
        return super().__call__(ranks)


# --- sampler


class GoodSampler:
    """Batches of four, shuffled."""

    def epoch(self, records, seed, epoch):
        """-> lists of indices. Raises ConfigError without records."""
        if len(records) < 4:
            raise ConfigError("too few records")
        order = np.random.default_rng([seed, epoch]).permutation(len(records)).tolist()
        yield from (order[i : i + 4] for i in range(0, len(order), 4))


class SamplerOfNumpy(GoodSampler):
    """Gives indices that are too high."""

    def epoch(self, records, seed, epoch):
        for batch in super().epoch(records, seed, epoch):
            yield [i + 1 for i in batch]


class SamplerUnseeded(GoodSampler):
    """Ignores its seed."""

    def epoch(self, records, seed, epoch):
        return super().epoch(records, 0, epoch)


class SamplerForgetsSome(GoodSampler):
    """Takes the first half only."""

    def epoch(self, records, seed, epoch):
        return super().epoch(records[: len(records) // 2], seed, epoch)


class SamplerTakesNothing(GoodSampler):
    """Says nothing when there are no records."""

    def epoch(self, records, seed, epoch):
        return super().epoch(records, seed, epoch) if records else iter(())


# --- transform


class GoodTransform:
    """Mirrors pictures at random."""

    version = 1

    def __call__(self, item, modality, rng):
        """A picture -> itself or its mirror image."""
        if isinstance(item, str) or rng.random() < 0.5:
            return item
        return item.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


class TransformToGrey(GoodTransform):
    """Returns pictures of another mode."""

    def __call__(self, item, modality, rng):
        return item if isinstance(item, str) else item.convert("L")


class TransformEatsWords(GoodTransform):
    """May leave nothing of a caption."""

    def __call__(self, item, modality, rng):
        return " ".join(item.split()[1:]) if isinstance(item, str) else item


class TransformOfSomeVersion(GoodTransform):
    """Its version cannot be counted up."""

    version = "1b"


class TransformWithGlobalRNG(GoodTransform):
    """Draws from numpy's global generator."""

    def __call__(self, item, modality, rng):
        np.random.rand()
        return item


class TransformInPlace(GoodTransform):
    """Paints into the picture that it is given."""

    def __call__(self, item, modality, rng):
        if not isinstance(item, str):
            item.putpixel((0, 0), (1, 2, 3))
        return item


# --- task and protocol


def good_task(split="test"):
    """Sketches against photos."""
    return Task("sketches", Selector("sketch", split), Selector("rgb", split))


def task_none():
    """Returns no task."""


_counter = iter(range(1000))


def task_unstable():
    """Is another task each time."""
    return Task(f"task {next(_counter)}", Selector("ir"), Selector("rgb"))


def task_deaf(split="test"):
    """Does not pass its split on."""
    return good_task()


def task_undocumented():
    return good_task()


def good_protocol(split="test"):
    """One task."""
    return EvalProtocol("good", ({"type": "good", "split": split},))


def protocol_empty():
    """Has no tasks."""
    return EvalProtocol("empty", ())


def protocol_unstable():
    """Is another protocol each time."""
    return EvalProtocol(f"protocol {next(_counter)}", ({"type": "good"},))


def protocol_deaf(split="test"):
    """Does not pass its split on."""
    return EvalProtocol("deaf", ({"type": "good", "split": "test"},))


def protocol_undocumented():
    return good_protocol()


# --- data set


class GoodDataset:
    """One photo and one caption for each of three people."""

    card = DatasetCard("good", "1", "CC0", "nobody", ("rgb", "text"))

    @classmethod
    def conformance(cls, folder):
        """Draw the pictures."""
        for i in range(3):
            draw(folder / f"{i}.png", i)
        return {"root": str(folder)}

    def __init__(self, root):
        if not isinstance(root, str):
            raise ConfigError(f"root={root!r} is no folder")
        self.root = Path(root)

    def prepare(self, cache, track):
        """-> the index."""
        if not self.root.is_dir():
            raise DataError(f"data root not found: {self.root}")
        self.notes = ["three people"]
        return [self.record(i, m) for i in range(3) for m in ("rgb", "text")]

    def record(self, i, modality):
        split = ("train", "val", "test")[i]
        path = self.root / f"{i}.png" if modality == "rgb" else None
        text = None if path else "a man"
        return Record(f"{i}-{modality}", "good", split, modality, f"p{i}", path=path, text=text)


class DatasetNotesOneString(GoodDataset):
    """Its notes are a string, not a list."""

    def prepare(self, cache, track):
        found = super().prepare(cache, track)
        self.notes = "three people"
        return found


class DatasetWithoutLicence(GoodDataset):
    """Its card says too little."""

    card = DatasetCard("good", "1", "", "nobody", ("rgb", "text"))


class DatasetRepeats(GoodDataset):
    """Names an item twice."""

    def prepare(self, cache, track):
        return super().prepare(cache, track) * 2


class DatasetLeaks(GoodDataset):
    """One person in two splits."""

    def record(self, i, modality):
        path = self.root / f"{i}.png" if modality == "rgb" else None
        text = None if path else "a man"
        split = ("train", "test", "test")[i]
        return Record(f"{i}-{modality}", "good", split, modality, "p", path=path, text=text)


class DatasetUnstable(GoodDataset):
    """Another index each time."""

    def prepare(self, cache, track):
        found = super().prepare(cache, track)
        return [*found, Record("x", "good", "val", "text", f"q{next(_counter)}", text="a man")]


class DatasetReadsEarly(GoodDataset):
    """Looks at its files when it is built."""

    def __init__(self, root):
        super().__init__(root)
        list(self.root.iterdir())


class DatasetTakesAnything(GoodDataset):
    """Does not check its arguments."""

    def __init__(self, root):
        self.root = Path(str(root))


class DatasetWritesIntoRoot(GoodDataset):
    """Leaves files in the user's folder."""

    def prepare(self, cache, track):
        found = super().prepare(cache, track)
        (self.root / f"index-{next(_counter)}.txt").write_text("index")
        return found


# --- backbone


class GoodBackbone(nn.Module):
    """A linear map of small pictures."""

    claims = ("bfloat16",)
    modalities = frozenset(["rgb", "ir"])
    embed_dim = 6

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(3 * 8 * 4, self.embed_dim)

    def preprocess(self, record, transform=None):
        """-> image[3, 8, 4]"""
        if record.modality not in self.modalities:
            raise DataError(f"{record.item_id}: not embedded")
        try:
            with Image.open(record.path) as image:
                image = image.convert("RGB")
        except OSError as error:
            raise DataError(f"{record.path}: {error}") from None
        image = transform(image) if transform else image
        return torch.from_numpy(np.array(image.resize((4, 8)))).permute(2, 0, 1) / 255

    def collate(self, items):
        """-> images[B, 3, 8, 4]"""
        return {"images": torch.stack(items)}

    def encode(self, batch):
        """images[B, 3, 8, 4] -> embeddings[B, 6]"""
        return self.map(batch["images"].flatten(1))

    def save(self, folder):
        """Write weights."""
        from safetensors.torch import save_file

        save_file(self.state_dict(), folder / "weights.safetensors")

    def load(self, folder):
        """Read weights."""
        from safetensors.torch import load_file

        try:
            self.load_state_dict(load_file(folder / "weights.safetensors"))
        except OSError as error:
            raise DataError(str(error)) from None

    def image_input(self):
        """Bicubic, 8 x 4, not normalised."""
        return ImageInput((8, 4), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

    def text_input(self):
        """No text."""
        return None

    def tower(self, modality):
        """images[B, 3, 8, 4] -> embeddings[B, 6]"""
        return nn.Sequential(nn.Flatten(), self.map)

    def save_tokenizer(self, folder):
        """There is none."""
        raise ConfigError("no text")


class BackboneWithAnotherTower(GoodBackbone):
    """Its towers lack the last step of `encode`."""

    def encode(self, batch):
        return super().encode(batch) * 1.1


class BackboneResizesOtherwise(GoodBackbone):
    """Takes the nearest pixels, and says bicubic."""

    def preprocess(self, record, transform=None):
        def nearest(image):
            image = transform(image) if transform else image
            return image.resize((4, 8), Image.Resampling.NEAREST)

        return super().preprocess(record, nearest)


class BackboneOfUnknown(GoodBackbone):
    """Embeds a modality that there is not."""

    modalities = frozenset(["rgb", "radar"])


class BackboneOfOtherSize(GoodBackbone):
    """Says another dimension than it has."""

    def encode(self, batch):
        return super().encode(batch)[:, :5]


class BackboneOfBatches(GoodBackbone):
    """An embedding depends on its neighbours."""

    def encode(self, batch):
        found = super().encode(batch)
        return found - found.mean(0)


class BackboneBlind(GoodBackbone):
    """Everything is one to it."""

    def encode(self, batch):
        return super().encode(batch) * 0 + 1


class BackboneWithIdleWeights(GoodBackbone):
    """Has a parameter that nothing uses."""

    def __init__(self):
        super().__init__()
        self.idle = nn.Parameter(torch.zeros(3))


class BackboneAtRandom(GoodBackbone):
    """Adds noise, in evaluation too."""

    def encode(self, batch):
        found = super().encode(batch)
        return found + 1e-5 * torch.randn_like(found)


class BackboneSavesAPickle(GoodBackbone):
    """Writes a second file, of the wrong kind."""

    def save(self, folder):
        super().save(folder)
        torch.save(self.state_dict(), folder / "weights.pt")


class BackboneLetsThrough(GoodBackbone):
    """Takes any modality."""

    def preprocess(self, record, transform=None):
        known = record.modality in MODALITIES
        assert known
        return super().preprocess(Record("a", "b", "test", "rgb", "1", path=record.path), transform)


class BackboneIgnoresTransforms(GoodBackbone):
    """Never applies the augmentation."""

    def preprocess(self, record, transform=None):
        return super().preprocess(record)


class BackboneOverflowsInHalf(GoodBackbone):
    """Loses what tells pictures apart in bfloat16."""

    def encode(self, batch):
        images = batch["images"]
        half = torch.is_autocast_enabled("cpu")
        return super().encode({"images": -images if half else images})


def _pickles(thing):
    return pickle.dumps(thing)
