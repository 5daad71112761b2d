"""What the programs that export one model share: arguments, seeded weights, pictures, and what the model's own forward answers."""
import argparse
import glob
import json
import os
import sys
import types

import numpy
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "clients"))
from deq_bundle import export  # noqa: E402, F401: what the guide has users import.

EVALUATIONS = (1, 8, 24)
SEED = 1


def arguments():
    """--sources, the folder of clones, and --out, the folder of this model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sources", required=True, help="the folder with the clones torchdeq, deq, deq-flow and RAFT")
    parser.add_argument("--out", required=True, help="where graphs, inputs and answers go")
    given = parser.parse_args()
    os.makedirs(given.out, exist_ok=True)
    torch.manual_seed(SEED)
    return given


def stub(name, **members):
    """Stands in for a package that the model's source imports and a forward pass does not need."""
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.SimpleNamespace(**members)


def seeded(model, run):
    """The model in evaluation mode, with the statistics of batch norms that run() gives: at 0 and 1 these would not show."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        model.train()
        run()
    return model.eval()


def frames(sources, count, width, height):
    """Consecutive frames of the film that RAFT's repository has, [count, 3, height, width], 0 to 255."""
    files = sorted(glob.glob(os.path.join(sources, "RAFT", "demo-frames", "*.png")))[:count]
    pictures = [Image.open(file).convert("RGB").resize((width, height), Image.BILINEAR) for file in files]
    return torch.from_numpy(numpy.stack([numpy.asarray(picture) for picture in pictures])).permute(0, 3, 1, 2).float()


def pictures(sources, side):
    """Eight pieces of a frame as pictures of one size, [8, 3, side, side], 0 to 1."""
    frame = frames(sources, 1, 4 * side, 2 * side)[0] / 255
    return frame.unfold(1, side, side).unfold(2, side, side).flatten(1, 2).transpose(0, 1).contiguous()


def write(out, model, pack, guide, requests):
    """Leaves what the model is and what PyTorch answers for run.py.

    model     whose parameters are counted
    pack      options of `Deq.Export pack`
    guide     the steps of the guide that the model needed
    requests  pairs of inputs, by their name in the Open Inference Protocol, and the answers of the model's own forward, by evaluations
    """
    arrays = {}
    for place, (inputs, answers) in enumerate(requests):
        arrays.update({f"request{place}/{name}": value.numpy() for name, value in inputs.items()})
        arrays.update({f"answer{place}/{evaluations}": value.numpy() for evaluations, value in answers.items()})
    numpy.savez(os.path.join(out, "answers.npz"), **arrays)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    with open(os.path.join(out, "model.json"), "w") as file:
        json.dump({"parameters": parameters, "pack": pack, "guide": guide}, file)


def answered(forward):
    """forward(evaluations), the model's own, for every number of evaluations that is compared."""
    with torch.no_grad():
        return {evaluations: forward(evaluations) for evaluations in EVALUATIONS}


def film_requests(sources, forward):
    """Pairs of frames of two sizes with what forward(first, second, evaluations) answers, and the last pair as a flow estimator's input."""
    requests = []
    for height, width in [(128, 160), (192, 256)]:
        first, second = frames(sources, 2, width, height)
        requests.append((
            {"frame1": first.permute(1, 2, 0)[None].to(torch.uint8), "frame2": second.permute(1, 2, 0)[None].to(torch.uint8)},
            answered(lambda evaluations: forward(first[None], second[None], evaluations))))
    return requests, torch.cat([first, second])[None] / 127.5 - 1


def look_up(block_class, coords_grid, options):
    """RAFT's look-up, which DEQ-Flow has too, in a volume that the encoder gave: the official block without what its constructor computes."""

    def lookup(volume, flow):
        h, w = volume.shape[3:]
        block = block_class.__new__(block_class)
        block.num_levels, block.radius = options.corr_levels, options.corr_radius
        block.corr_pyramid = [volume.reshape(-1, 1, h, w)]
        while len(block.corr_pyramid) < block.num_levels:
            block.corr_pyramid.append(avg_pool2d(block.corr_pyramid[-1], 2, stride=2))
        return block(coords_grid(1, h, w, flow.device) + flow)

    return lookup
