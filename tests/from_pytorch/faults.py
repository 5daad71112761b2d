"""Graphs with one fault each, and the bundles that someone who ignores `pack` would make of them, with a manifest and hashes that are right."""
import hashlib
import json
import os
import shutil
import sys

import onnx
import torch

from exporting import export

CHANNELS, SIDE, CLASSES = 8, 4, 3
WIDTH = CHANNELS * SIDE * SIDE
PACK = ["--labels", "a,b,c", "--mean", "0.5,0.5,0.5", "--deviation", "0.5,0.5,0.5"]


class Cell(torch.nn.Module):
    def __init__(self, change=lambda z: 0, flat=True, rows=-1):
        super().__init__()
        self.convolution = torch.nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.change, self.flat, self.rows = change, flat, rows
        with torch.no_grad():
            self.convolution.weight.mul_(0.5)

    def forward(self, z, x):
        planes = z.reshape(self.rows, CHANNELS, SIDE, SIDE)
        fz = torch.tanh(self.convolution(planes) + x + self.change(planes))
        return fz.reshape(-1, WIDTH) if self.flat else fz


class Head(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(WIDTH, CLASSES)

    def forward(self, z):
        return self.linear(z.flatten(1))


def graph(module, inputs, file, outputs, dynamic=True, **examples):
    """One part, with the tensors' names that a bundle has."""
    axes = {name: {0: "B"} for name in [*inputs, *outputs]} if dynamic else None
    torch.onnx.export(module.eval(), tuple(examples.values()), file, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=16)


def write(out):
    """Folders below out, by the fault: each with encode.onnx, cell.onnx and decode.onnx. `sound` has none."""
    torch.manual_seed(1)
    z, planes = torch.zeros(2, WIDTH), torch.zeros(2, CHANNELS, SIDE, SIDE)

    def cell(file, module=None, dynamic=True, **examples):
        graph(module or Cell(), ["z", "x"], file, ["fz"], dynamic, **{"z": z, "x": planes, **examples})

    def external(file):
        cell(file)
        onnx.save(onnx.load(file), file, save_as_external_data=True, location="cell.onnx.data", size_threshold=0)

    def endless(file):
        cell(file)
        model = onnx.load(file)
        name = model.graph.node[-1].output[0]
        model.graph.node[-1].output[0] = "once"
        value = lambda name, kind, shape: onnx.helper.make_tensor_value_info(name, kind, shape)
        body = onnx.helper.make_graph(
            [onnx.helper.make_node("Identity", ["on"], ["still"]), onnx.helper.make_node("Tanh", ["before"], ["after"])], "body",
            [value("step", onnx.TensorProto.INT64, []), value("on", onnx.TensorProto.BOOL, []), value("before", onnx.TensorProto.FLOAT, ["B", WIDTH])],
            [value("still", onnx.TensorProto.BOOL, []), value("after", onnx.TensorProto.FLOAT, ["B", WIDTH])])
        model.graph.node.append(onnx.helper.make_node("Loop", ["", "", "once"], [name], body=body))
        del model.graph.output[:]
        model.graph.output.append(value(name, onnx.TensorProto.FLOAT, ["B", WIDTH]))  # Which cannot be inferred through the loop.
        onnx.save(model, file)

    cells = {
        "sound": lambda file: cell(file),
        "mixed-rows": lambda file: cell(file, Cell(change=lambda planes: 0.1 * planes.mean(0, keepdim=True))),
        "external-data": external,
        "float64": lambda file: cell(file, Cell().double(), z=z.double(), x=planes.double()),
        "no-dynamic-axes": lambda file: cell(file, dynamic=False, z=z[:1], x=planes[:1]),
        "one-row-in-a-reshape": lambda file: cell(file, Cell(rows=1), z=z[:1], x=planes[:1]),
        "state-not-flat": lambda file: cell(file, Cell(flat=False), z=planes),
        "endless-loop": endless,
    }
    for fault, write_cell in cells.items():
        folder = os.path.join(out, fault)
        os.makedirs(folder)
        graph(torch.nn.Conv2d(3, CHANNELS, 3, 2, 1), ["image"], os.path.join(folder, "encode.onnx"), ["x"], image=torch.zeros(2, 3, 2 * SIDE, 2 * SIDE))
        graph(Head(), ["z"], os.path.join(folder, "decode.onnx"), ["logits"], z=planes if fault == "state-not-flat" else z)
        write_cell(os.path.join(folder, "cell.onnx"))
    return list(cells)


def unfolded(sources, out):
    """What export says of a cell whose weight norm was not removed; empty where it exports the weight as it is."""
    sys.path.insert(0, os.path.join(sources, "torchdeq"))
    from torchdeq import apply_norm

    cell = Cell(flat=False)
    apply_norm(cell, "weight_norm")
    try:
        export(torch.nn.Conv2d(3, CHANNELS, 3, 2, 1), cell, Head(), torch.zeros(2, 3, 2 * SIDE, 2 * SIDE), out)
        return ""
    except ValueError as refusal:
        return str(refusal)


def force(sound, graphs, bundle):
    """Makes a bundle of faulty graphs without `pack`: the files and manifest of a sound bundle, with these graphs, their shapes and their hashes."""
    shutil.copytree(sound, bundle)
    for file in os.listdir(graphs):
        shutil.copy(os.path.join(graphs, file), bundle)
    with open(os.path.join(bundle, "manifest.json")) as file:
        manifest = json.load(file)
    manifest["name"] = os.path.basename(bundle)
    if manifest["name"] == "state-not-flat":
        for tensor in [manifest["cell"]["inputs"][0], manifest["cell"]["outputs"][0], manifest["decoder"]["inputs"][0]]:
            tensor["shape"] = ["B", str(CHANNELS), str(SIDE), str(SIDE)]
    manifest["files"] = {file: hashlib.sha256(open(os.path.join(bundle, file), "rb").read()).hexdigest() for file in sorted(os.listdir(bundle)) if file != "manifest.json"}
    with open(os.path.join(bundle, "manifest.json"), "w") as file:
        json.dump(manifest, file)
