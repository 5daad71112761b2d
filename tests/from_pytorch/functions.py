"""Tries `export` with every kind of function that a model may come as, and with what it refuses. Needs torch and onnx alone.

    python3 tests/from_pytorch/functions.py
"""
import functools
import os
import sys
import tempfile
import types

import numpy
import onnx
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "clients"))
from deq_bundle import export  # noqa: E402

CHANNELS, SIDE, CLASSES = 4, 4, 3


class Model(torch.nn.Module):
    """In training mode its dropout and its batch norm would show."""

    def __init__(self):
        super().__init__()
        self.inject = torch.nn.Sequential(torch.nn.Conv2d(1, CHANNELS, 3, padding=1), torch.nn.BatchNorm2d(CHANNELS))
        self.mix = torch.nn.Sequential(torch.nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), torch.nn.BatchNorm2d(CHANNELS))
        self.classify = torch.nn.Linear(CHANNELS * SIDE * SIDE, CLASSES)

    def f(self, z, x):
        return torch.tanh(torch.nn.functional.dropout(0.5 * self.mix(z) + x, training=self.training))

    def head(self, z):
        return self.classify(z.flatten(1))


class Held:
    """A plain object that has the model."""

    def __init__(self, inner):
        self.inner = inner

    def f(self, z, x):
        return self.inner.f(z, x)

    def __call__(self, z, x):
        return self.inner.f(z, x)


MODEL = None
STRANGER = torch.nn.BatchNorm2d(CHANNELS)  # Named by no function below.
MINE = types.ModuleType("mine")


def helper(z, x):
    return MODEL.f(z, x)


def ways(model):
    """The same f in every way."""
    held, deeper, listed = Held(model), types.SimpleNamespace(held=Held(model)), [model]
    return {
        "method": model.f,
        "closure": lambda z, x: model.f(z, x),
        "partial": functools.partial(lambda scale, z, x: model.f(scale * z, x), 1.0),
        "partial of a method": functools.partial(model.f),
        "object with __call__": held,
        "method of an object": held.f,
        "closure over an object": lambda z, x: held.f(z, x),
        "object of an object": lambda z, x: deeper.held.f(z, x),
        "list": lambda z, x: listed[0].f(z, x),
        "helper function": lambda z, x: helper(z, x),
        "default": lambda z, x, m=model: m.f(z, x),
        "function within": lambda z, x: [MODEL.f(each, x) for each in [z]][0],
        "member of a Python module": lambda z, x: MINE.model.f(z, x),
        "decorated": torch.no_grad()(lambda z, x: model.f(z, x)),
    }


def fresh():
    global MODEL
    torch.manual_seed(1)
    MODEL = MINE.model = Model().train()
    return MODEL


def exported(name):
    """What a way exports: the reference, the names of the cell's weights, and the model it leaves."""
    model = fresh()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with tempfile.TemporaryDirectory() as out:
        export(model.inject, ways(model)[name], model.head, example(), out)
        with numpy.load(os.path.join(out, "reference.npz")) as reference:
            arrays = {key: reference[key] for key in reference.files}
        onnx.checker.check_model(onnx.load(os.path.join(out, "cell.onnx")))
        operators = [node.op_type for node in onnx.load(os.path.join(out, "cell.onnx")).graph.node]
    assert "Dropout" not in operators and "BatchNormalization" not in operators, f"{name}: {operators}"
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items()), f"{name}: statistics moved"
    assert model.training, f"{name}: the mode is another"
    return arrays


def example(dtype=torch.float32):
    return torch.linspace(-1, 1, 2 * SIDE * SIDE, dtype=dtype).reshape(2, 1, SIDE, SIDE)


def refused(error, part, f=None, decoder=None, **more):
    """Whether export says why it refuses, before anything is written or moved."""
    model = fresh()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with tempfile.TemporaryDirectory() as out:
        try:
            export(model.inject, f or model.f, decoder or model.head, more.pop("example", example()), out, **more)
        except error as refusal:
            assert part in str(refusal), refusal
            assert all(torch.equal(before[key], value) for key, value in model.state_dict().items()), "statistics moved"
            assert model.training and STRANGER.num_batches_tracked == 0 and not os.listdir(out)
            return
    raise AssertionError(f"not refused: {part}")


def main():
    expected = exported("method")
    for name in ways(fresh()):
        arrays = exported(name)
        assert all(numpy.array_equal(expected[key], arrays[key]) for key in expected), f"{name} gives other numbers"
    model = fresh()
    with tempfile.TemporaryDirectory() as out:
        export(model.inject, torch.add, torch.tanh, example(), out)
        export(model.inject, lambda z, x: torch.nn.Dropout(0.5)(z) + x, model.head, example(), out)
        assert "Dropout" not in [node.op_type for node in onnx.load(os.path.join(out, "cell.onnx")).graph.node]
    refused(TypeError, "pass modules, their methods, or functions that close over modules", f=lambda z, x: globals()["STRANGER"](z) + x)
    refused(TypeError, "'tanh' is no function; pass modules", decoder="tanh")
    refused(TypeError, "example is float64; a bundle computes in float32", example=example(torch.float64))
    refused(TypeError, "state is float64; a bundle computes in float32", state=torch.zeros(2, CHANNELS, SIDE, SIDE, dtype=torch.float64))
    refused(TypeError, "state is float64; a bundle computes in float32", state=lambda x: x.double())
    refused(TypeError, "example is int64; a bundle computes in float32: take float32 and convert inside", example=example().long())
    refused(TypeError, "state is int64; a bundle computes in float32: convert it by .float() at the end", state=lambda x: x.long())
    refused(TypeError, "state must be a function of x", state=torch.zeros(2, CHANNELS, SIDE, SIDE), flat=False)
    print(f"export takes {len(ways(fresh()))} kinds of functions alike, and refuses what it cannot export.")


if __name__ == "__main__":
    main()
