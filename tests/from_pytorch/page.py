"""docs/results/from-pytorch.md."""

HEAD = """# From PyTorch: results

Four models were imported from clones of the repositories that published them, exported, packed and checked as [the guide](../from-pytorch.md) says, and served by one server.
Their answers over HTTP are compared with those of the models' own forward passes in PyTorch {torch} (onnx {onnx}).

```
python3 tests/from_pytorch/run.py --sources <folder of clones> --out docs/results
```

The folder holds clones of {repositories}. Python needs torch, onnx, numpy, PIL and yaml. The program ends with 0 where every difference at 1 and 8 evaluations is
at most {bound} and every fault below is refused.

Weights are random, from one seed, since the repositories bring none that are trained. The classifiers' are scaled so that a fixed point and logits of a trained model's size
exist; those of the flow estimators are as their constructors leave them. Batch norms have the statistics of the inputs. Inputs are frames of RAFT's repository: eight pieces of 32 × 32
pixels for classifiers, a pair at 128 × 160 and at 192 × 256 for flow estimators. Tensors go in and out as bytes by the [Open Inference Protocol](../open-inference.md), with `deq_solver: picard`,
`deq_max_evaluations` and the smallest `deq_tolerance`. PyTorch makes as many evaluations by torchdeq's `fixed_point_iter`, the weight-tied layers of MDEQ's pre-training, DEQ-Flow's `naive_solver` and RAFT's `iters`.

"""

AFTER = """
Differences are the largest of any number of any answer, in logits or pixels; in brackets as a share of the answers' largest number. *Check* is the exit code of
`check --reference` and its largest difference, of what the encoder gives, states and outputs. The last column is the wall time of export, `pack` and `check` on a shared machine with {processors} processors.

Steps of the guide that each model needed:

"""

DEFAULTS = """
By default the server solves by Anderson acceleration with at most 50 evaluations. The flow estimators do not converge, as is to be expected of random weights: each evaluation moves the flow by about a pixel.

"""

FAULTS = """
## Faults

A small sound model was given one fault at a time. `pack` has to refuse its graphs. Then they were put into a bundle past `pack`, with a manifest and hashes that are right, and
opened by `check` and by the server, which names the faults of all bundles and does not start.

"""

NAMES = {
    "mixed-rows": "a cell that adds a mean over the batch", "external-data": "weights in a file beside the graph, for `pack` absent", "float64": "a cell in float64",
    "no-dynamic-axes": "no dynamic axes", "one-row-in-a-reshape": "dynamic axes, but one row written into a reshape", "state-not-flat": "a classifier's state [B, 8, 4, 4]",
    "endless-loop": "a loop without an end",
}


def text(results):
    models = results["models"]
    repositories = ", ".join(f"[{model['repository'].split('github.com/')[1]}]({model['repository']}) at `{model['commit'][:7]}`" for model in models)
    parts = [
        HEAD.format(repositories=repositories, torch=results["torch"], onnx=results["onnx"], bound=number(results["bound"])),
        table(
            ["model", "parameters", "numbers in the state", "check", "1 evaluation", "8 evaluations", "24 evaluations", "bound at 1 and 8", "seconds"],
            [[model["model"], f"{model['parameters']:,}", f"{model['state']:,}", f"{model['check']} ({number(model['checked'])})", *map(difference, model["differences"]), number(results["bound"]), f"{model['seconds']:.0f}"]
             for model in models]),
        AFTER.format(processors=results["processors"]),
        *(f"- {model['model']}: {model['guide']}\n" for model in models),
        DEFAULTS,
        table(
            ["model", "rows", "converged", "most evaluations", "largest residual"],
            [[model["model"], solve["rows"], solve["converged"], solve["evaluations"], f"{number(solve['residual'])}{model['unit']}"] for model in models for solve in [model["default"]]]),
        FAULTS,
        table(
            ["fault", "`pack`", "its message", "`check`", "server", "the message of both"],
            [[NAMES[fault["fault"]], fault["pack"]["exit"], short(fault["pack"]["message"]), fault["check"]["exit"], fault["server"]["exit"], short(fault["server"]["message"])] for fault in results["faults"]]),
        "\nNumbers are exit codes; of several messages the first is shown.\n\n",
        f"`export` refuses a cell with torchdeq's weight norm, which no graph shows any more: {results['norm']}\n",
    ]
    return "".join(parts)


def table(heads, rows):
    return "".join("| " + " | ".join(str(cell) for cell in row) + " |\n" for row in [heads, ["---"] + ["--:" if is_number(cell) else "---" for cell in rows[0][1:]], *rows])


def is_number(cell):
    return str(cell)[:1].isdigit()


def difference(one):
    return f"{number(one['absolute'])} ({number(one['relative'])})"


def number(value):
    return f"{value:.2g}" if value > 0.01 else f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-")


def short(message):
    """Up to where ONNX Runtime's own words begin, or the first fault ends."""
    return message.split(" ONNX Runtime says:")[0].replace("|", "\\|")
