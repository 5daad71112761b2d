"""A classifier as users of https://github.com/locuslab/torchdeq write it, by its get_deq and apply_norm. Weights are random."""
import os
import sys

import torch
from torch.nn.functional import relu

from exporting import answered, arguments, export, pictures, seeded, write

given = arguments()
sys.path.insert(0, os.path.join(given.sources, "torchdeq"))
from torchdeq import apply_norm, get_deq, remove_norm, reset_norm  # noqa: E402

CHANNELS, CLASSES, SIDE = 48, 10, 32


class Cell(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.second = torch.nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.norms = torch.nn.ModuleList(torch.nn.GroupNorm(8, CHANNELS) for _ in range(3))

    def forward(self, z, x):
        y = self.norms[0](relu(self.first(z)))
        return self.norms[2](relu(z + self.norms[1](x + self.second(y))))


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inject = torch.nn.Sequential(torch.nn.Conv2d(3, CHANNELS, 3, 2, 1), torch.nn.BatchNorm2d(CHANNELS))
        self.f = Cell()
        self.head = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(4), torch.nn.Flatten(), torch.nn.Linear(16 * CHANNELS, CLASSES))
        apply_norm(self.f, "weight_norm")
        self.deq = get_deq(f_solver="fixed_point_iter", f_tol=0)

    def forward(self, image, evaluations):
        reset_norm(self.f)
        x = self.inject(image)
        z, _ = self.deq(lambda z: self.f(z, x), torch.zeros_like(x), solver_kwargs={"f_max_iter": evaluations, "return_final": True})
        return self.head(z[-1])


images = (pictures(given.sources, SIDE) - 0.5) / 0.25
model = Classifier()
with torch.no_grad():  # So that the random cell has a fixed point, and logits are as large as a trained model's.
    model.f.second.weight_g.mul_(0.5)
    model.head[-1].weight.mul_(10)
seeded(model, lambda: model.inject(images))
answers = answered(lambda evaluations: model(images, evaluations))

remove_norm(model.f)
export(model.inject, model.f, model.head, example=images[:2], out=given.out)

write(
    given.out, model, guide="`remove_norm`; `export`; `pack --labels --mean --deviation`",
    pack=["--labels", ",".join(f"class {label}" for label in range(CLASSES)), "--mean", "0.5,0.5,0.5", "--deviation", "0.25,0.25,0.25"],
    requests=[({"image": images}, answers)])
