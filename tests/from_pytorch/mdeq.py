"""MDEQ of https://github.com/locuslab/deq for CIFAR-10, of two scales, by its configuration cls_mdeq_TINY. Weights are random."""
import os
import sys

import torch
import yaml

from exporting import answered, arguments, export, pictures, seeded, stub, write

given = arguments()
stub("termcolor", colored=lambda text, *_: text)
root = os.path.join(given.sources, "deq")
sys.path[:0] = [os.path.join(root, "MDEQ-Vision", "lib", "models"), os.path.join(root, "MDEQ-Vision", "lib"), root]
from mdeq import get_cls_net  # noqa: E402

CLASSES = [f"class {label}" for label in range(10)]

with open(os.path.join(root, "MDEQ-Vision", "experiments", "cifar", "cls_mdeq_TINY.yaml")) as file:
    configuration = yaml.safe_load(file)
configuration["MODEL"].update(BLOCK_GN_AFFINE=True, FUSE_GN_AFFINE=True)  # Defaults of lib/config/default.py, which needs yacs.
model = get_cls_net(configuration)
images = (pictures(given.sources, 32) - 0.45) / 0.25


def encoder(image):
    x = model.downsample(image)
    return [x, torch.zeros(x.shape[0], model.num_channels[1], x.shape[2] // 2, x.shape[3] // 2)]


def forward(evaluations):
    model.num_layers = evaluations  # Of its pre-training, in which it iterates plainly instead of solving.
    return model(images, train_step=0, compute_jac_loss=False)[0]


with torch.no_grad():  # So that the random cell has a fixed point, and logits are as large as a trained model's.
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d) and "weight" in module._parameters:
            module.reset_parameters()
    for branch in model.fullstage.branches:
        branch.blocks[0].gn2.weight.mul_(3)
    model.fullstage.fuse_layers[1][0].net[0].gnorm.weight.mul_(3)
    model.downsample[4].weight.mul_(4)
    model.classifier.weight.mul_(20)
seeded(model, lambda: forward(8))
answers = answered(forward)

for module in model.fullstage.modules():  # The folded weights stay as parameters.
    for norm in module._forward_pre_hooks.values():
        norm.remove(module)
export(encoder, model.fullstage, model.predict, images[:2], given.out)

write(
    given.out, model, guide="weight norm removed; an encoder and a state of two scales; `export`; `pack --labels --mean --deviation --answer final`",
    pack=["--labels", ",".join(CLASSES), "--mean", "0.45,0.45,0.45", "--deviation", "0.25,0.25,0.25", "--answer", "final"],
    requests=[({"image": images}, answers)])
