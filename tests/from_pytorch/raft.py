"""RAFT of https://github.com/princeton-vl/RAFT, the full model. Weights are random."""
import argparse
import os
import sys

import torch

from exporting import arguments, export, film_requests, frames, look_up, seeded, write

given = arguments()
sys.path.insert(0, os.path.join(given.sources, "RAFT", "core"))
from corr import CorrBlock  # noqa: E402
from raft import RAFT  # noqa: E402
from utils.utils import coords_grid  # noqa: E402

model = RAFT(argparse.Namespace(small=False, mixed_precision=False))
seeded(model, lambda: model.cnet(frames(given.sources, 2, 256, 192) / 127.5 - 1))
HIDDEN = model.hidden_dim
lookup = look_up(CorrBlock, coords_grid, model.args)


def encoder(pair):
    first, second = model.fnet([pair[:, :3], pair[:, 3:]])
    volume = CorrBlock.corr(first, second).squeeze(3)
    context = model.cnet(pair[:, :3])
    return [torch.relu(context[:, HIDDEN:]), volume, torch.tanh(context[:, :HIDDEN])]


def f(z, x):
    h, flow = z[:, :HIDDEN], z[:, HIDDEN:]
    h, _, change = model.update_block(h, x[0], lookup(x[1], flow), flow)
    return torch.cat([h, flow + change], 1)


def decoder(z):
    h, flow = z[:, :HIDDEN], z[:, HIDDEN:]
    return model.upsample_flow(flow, 0.25 * model.update_block.mask(h))


requests, example = film_requests(given.sources, lambda first, second, evaluations: model(first, second, iters=evaluations, test_mode=True)[1])

start = lambda x: torch.cat([x[2], 0 * x[2][:, :2]], 1)
export(encoder, f, decoder, example, given.out, state=start, start=start, flat=False, multiple=8)

write(
    given.out, model, guide="encoder, look-up, f and decoder as shown; `export(flat=False, state=, start=)`; `pack --multiple 8 --mean --deviation --answer final`",
    pack=["--multiple", "8", "--mean", "0.5,0.5,0.5", "--deviation", "0.5,0.5,0.5", "--answer", "final"],
    requests=requests)
