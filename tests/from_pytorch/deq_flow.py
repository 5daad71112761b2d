"""DEQ-Flow of https://github.com/locuslab/deq-flow (code.v.2.0), the base model with weight norm as it is trained. Weights are random."""
import argparse
import os
import sys

import torch

from exporting import arguments, export, film_requests, frames, look_up, seeded, stub, write

given = arguments()
stub("termcolor", colored=lambda text, *_: text)
stub("einops", rearrange=None)  # Of its attention, which this model is built without.
sys.path.insert(0, os.path.join(given.sources, "deq-flow", "code.v.2.0", "core"))
from corr import CorrBlock  # noqa: E402
from deq.arg_utils import add_deq_args  # noqa: E402
from deq.norm import remove_weight_norm  # noqa: E402
from deq_flow import DEQFlow  # noqa: E402
from utils.utils import coords_grid  # noqa: E402

parser = argparse.ArgumentParser()
add_deq_args(parser)
options = parser.parse_args(["--wnorm", "--f_solver", "naive_solver", "--f_stop_mode", "rel", "--f_eps", "0"])
vars(options).update(tiny=False, large=False, huge=False, gigantic=False, gma=False, old_version=False, mixed_precision=False, all_grad=True)
model = DEQFlow(options)
seeded(model, lambda: model.cnet(frames(given.sources, 2, 256, 192) / 127.5 - 1))
HIDDEN = model.hidden_dim
lookup = look_up(CorrBlock, coords_grid, model.args)


def encoder(pair):
    first, second = model.fnet([pair[:, :3], pair[:, 3:]])
    volume = CorrBlock.corr(first, second).squeeze(3)
    return [torch.relu(model.cnet(pair[:, :3])), volume]


def f(z, x):
    h, flow = z[:, :HIDDEN], z[:, HIDDEN:]
    h, change = model.update_block(h, x[0], lookup(x[1], flow), flow)
    return torch.cat([h, flow + change], 1)


def decoder(z):
    return model._decode((z[:, :HIDDEN], z[:, HIDDEN:]), 0)


def forward(first, second, evaluations):
    model.deq.eval_f_thres = evaluations
    return model(first, second)[1]


requests, example = film_requests(given.sources, forward)

remove_weight_norm(model.update_block)
state = lambda x: torch.cat([0 * x[0], 0 * x[0][:, :2]], 1)
export(encoder, f, decoder, example, given.out, state=state, flat=False, multiple=8)

write(
    given.out, model, guide="`remove_weight_norm`; encoder, look-up, f and decoder as shown, with DEQ-Flow's five changes; `export(flat=False, state=)`; `pack --multiple 8 --mean --deviation --answer final`",
    pack=["--multiple", "8", "--mean", "0.5,0.5,0.5", "--deviation", "0.5,0.5,0.5", "--answer", "final"],
    requests=requests)
