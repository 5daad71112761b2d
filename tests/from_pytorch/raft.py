"""RAFT of https://github.com/princeton-vl/RAFT, the full model. Weights are random."""
import argparse
import os
import sys

import torch
from torch.nn.functional import avg_pool2d

from exporting import answered, arguments, export, frames, seeded, write

given = arguments()
sys.path.insert(0, os.path.join(given.sources, "RAFT", "core"))
from corr import CorrBlock  # noqa: E402
from raft import RAFT  # noqa: E402
from utils.utils import coords_grid  # noqa: E402

model = RAFT(argparse.Namespace(small=False, mixed_precision=False))
seeded(model, lambda: model.cnet(frames(given.sources, 2, 256, 192) / 127.5 - 1))
HIDDEN = model.hidden_dim


def encoder(pair):
    first, second = model.fnet([pair[:, :3], pair[:, 3:]])
    volume = CorrBlock.corr(first, second).squeeze(3)
    context = model.cnet(pair[:, :3])
    return [torch.relu(context[:, HIDDEN:]), volume, torch.tanh(context[:, :HIDDEN])]


def lookup(volume, flow):
    """The official look-up in a volume that the encoder gave: the block without what its constructor computes."""
    h, w = volume.shape[3:]
    block = CorrBlock.__new__(CorrBlock)
    block.num_levels, block.radius = model.args.corr_levels, model.args.corr_radius
    block.corr_pyramid = [volume.reshape(-1, 1, h, w)]
    while len(block.corr_pyramid) < block.num_levels:
        block.corr_pyramid.append(avg_pool2d(block.corr_pyramid[-1], 2, stride=2))
    return block(coords_grid(1, h, w, flow.device) + flow)


def f(z, x):
    h, flow = z[:, :HIDDEN], z[:, HIDDEN:]
    h, _, change = model.update_block(h, x[0], lookup(x[1], flow), flow)
    return torch.cat([h, flow + change], 1)


def decoder(z):
    h, flow = z[:, :HIDDEN], z[:, HIDDEN:]
    return model.upsample_flow(flow, 0.25 * model.update_block.mask(h))


requests = []
for height, width in [(128, 160), (192, 256)]:
    first, second = frames(given.sources, 2, width, height)
    requests.append((
        {"frame1": first.permute(1, 2, 0)[None].to(torch.uint8), "frame2": second.permute(1, 2, 0)[None].to(torch.uint8)},
        answered(lambda evaluations: model(first[None], second[None], iters=evaluations, test_mode=True)[1])))

start = lambda x: torch.cat([x[2], 0 * x[2][:, :2]], 1)
export(encoder, f, decoder, torch.cat([first, second])[None] / 127.5 - 1, given.out, state=start, start=start, flat=False, multiple=8)

write(
    given.out, model, guide="encoder, look-up, f and decoder as shown; `export(flat=False, state=, start=)`; `pack --multiple 8 --mean --deviation --answer final`",
    pack=["--multiple", "8", "--mean", "0.5,0.5,0.5", "--deviation", "0.5,0.5,0.5", "--answer", "final"],
    requests=requests)
