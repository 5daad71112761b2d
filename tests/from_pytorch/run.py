"""Takes four models from PyTorch to a running server by docs/from-pytorch.md, compares the answers, and tries models with faults.

    python3 tests/from_pytorch/run.py --sources <folder of clones> --out docs/results

Needs torch, onnx, numpy, PIL and yaml, the .NET SDK, and clones of locuslab/torchdeq, locuslab/deq, locuslab/deq-flow and princeton-vl/RAFT from GitHub.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import torch

import faults
import functions
import page
import served

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = {
    "torchdeq-classifier": ("torchdeq", "https://github.com/locuslab/torchdeq"),
    "mdeq": ("deq", "https://github.com/locuslab/deq"),
    "deq-flow": ("deq-flow", "https://github.com/locuslab/deq-flow"),
    "raft": ("RAFT", "https://github.com/princeton-vl/RAFT"),
}
BOUND = 1e-4
SMALLEST_TOLERANCE = 1e-6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", required=True, type=os.path.abspath, help="the folder with the clones torchdeq, deq, deq-flow and RAFT")
    parser.add_argument("--out", required=True, type=os.path.abspath, help="where from-pytorch.json and from-pytorch.md go")
    given = parser.parse_args()
    functions.main()
    served.build()
    with tempfile.TemporaryDirectory() as work:
        models = {name: packed(name, given.sources, work) for name in MODELS}
        with served.server(os.path.join(work, "models")) as address:
            for name, model in models.items():
                model.update(compared(address, name, os.path.join(work, name)))
        refused, norm = tried(work), faults.unfolded(given.sources, os.path.join(work, "unfolded"))
    results = {
        "torch": torch.__version__, "onnx": onnx.__version__, "processors": os.cpu_count(), "bound": BOUND, "models": list(models.values()), "faults": refused, "norm": norm,
        "pass": all(model["check"] == 0 and all(one["absolute"] <= BOUND for one in model["differences"] if one["evaluations"] <= 8) for model in models.values())
        and all(0 not in (fault["pack"]["exit"], fault["check"]["exit"], fault["server"]["exit"]) and fault["check"] == fault["server"] for fault in refused)
        and norm != "",
    }
    with open(os.path.join(given.out, "from-pytorch.json"), "w") as file:
        json.dump(results, file, indent=2)
        file.write("\n")
    with open(os.path.join(given.out, "from-pytorch.md"), "w") as file:
        file.write(page.text(results))
    print(page.text(results))
    return 0 if results["pass"] else 1


def packed(name, sources, work):
    """Exports, packs and checks one model."""
    clone, repository = MODELS[name]
    out, bundle = os.path.join(work, name), os.path.join(work, "models", name)
    began = time.monotonic()
    subprocess.run([sys.executable, "-W", "ignore", os.path.join(HERE, name.replace("-", "_") + ".py"), "--sources", sources, "--out", out], check=True)
    with open(os.path.join(out, "model.json")) as file:
        model = json.load(file)
    graphs = [os.path.join(out, part + ".onnx") for part in ("encode", "cell", "decode")]
    code, told = served.run("Deq.Export", "pack", *graphs, "--output", bundle, *model["pack"])
    if code != 0:
        raise RuntimeError(f"{name} was not packed:\n{told}")
    code, told = served.run("Deq.Export", "check", bundle, "--reference", os.path.join(out, "reference.npz"))
    print(told)
    return {
        "model": name, "repository": repository, "commit": subprocess.run(["git", "rev-parse", "HEAD"], cwd=os.path.join(sources, clone), capture_output=True, text=True, check=True).stdout.strip(),
        "parameters": model["parameters"], "state": int(re.search(r"state of (\d+) numbers", told)[1]), "guide": model["guide"],
        "check": code, "checked": max(float(value) for value in re.findall(r"largest difference (\S+?)[,\s]", told)), "seconds": round(time.monotonic() - began, 1),
    }


def compared(address, name, folder):
    """Answers over HTTP against those of the model's own forward, after equally many plain evaluations, and what a default solve comes to."""
    saved = numpy.load(os.path.join(folder, "answers.npz"))
    differences, defaults = {}, []
    for place in sorted({key.split("/")[0][len("request"):] for key in saved if key.startswith("request")}):
        inputs = {key.split("/")[1]: saved[key] for key in saved if key.startswith(f"request{place}/")}
        output = "flow" if "frame1" in inputs else "logits"
        for key in (key for key in saved if key.startswith(f"answer{place}/")):
            evaluations, expected = int(key.split("/")[1]), saved[key]
            answer, spent, _, _ = served.infer(address, name, inputs, output, deq_solver="picard", deq_max_evaluations=evaluations, deq_tolerance=SMALLEST_TOLERANCE)
            assert (spent == evaluations).all(), f"{name}: {spent} evaluations instead of {evaluations}."
            one = differences.setdefault(evaluations, {"evaluations": evaluations, "absolute": 0.0, "largest": 0.0})
            one["absolute"] = max(one["absolute"], float(numpy.abs(answer - expected).max()))
            one["largest"] = max(one["largest"], float(numpy.abs(expected).max()))
        defaults.append(served.infer(address, name, inputs, output)[1:])
    spent, residual, converged = (numpy.concatenate([one[part].ravel() for one in defaults]) for part in range(3))
    for one in differences.values():
        one["relative"] = one["absolute"] / one["largest"]
    return {
        "unit": " pixels" if output == "flow" else "", "differences": list(differences.values()),
        "default": {"rows": len(spent), "evaluations": int(spent.max()), "residual": float(residual.max()), "converged": int(converged.sum())},
    }


def tried(work):
    """Packs models with one fault each, and opens bundles that hold them all the same: by `check`, and all at once by a server."""
    graphs, bundles = os.path.join(work, "faulty"), os.path.join(work, "forced")
    names = faults.write(graphs)
    sound = os.path.join(work, "sound")

    def pack(name, output):
        return served.run("Deq.Export", "pack", *(os.path.join(graphs, name, part + ".onnx") for part in ("encode", "cell", "decode")), "--output", output, *faults.PACK, "--longest", "5")

    code, told = pack("sound", sound)
    if code != 0:
        raise RuntimeError(f"The sound model was not packed:\n{told}")
    refused = []
    for name in (name for name in names if name != "sound"):
        faults.force(sound, os.path.join(graphs, name), os.path.join(bundles, name))
        if name == "external-data":
            os.remove(os.path.join(graphs, name, "cell.onnx.data"))  # pack brings in what is there.
        code, told = pack(name, os.path.join(work, "never"))
        refused.append({"fault": name, "pack": said(code, told, "- ")})
        bundle = os.path.join(bundles, name)
        code, told = served.run("Deq.Export", "check", bundle)
        refused[-1]["check"] = said(code, told, bundle + ": ")
    code, told = served.run("Deq.Api", f"--Models:Directory={bundles}", "--urls", "http://127.0.0.1:0")
    for fault in refused:
        fault["server"] = said(code, told, f"- {bundles}: {fault['fault']}: ")
    return refused


def said(code, told, marker):
    """The exit code of a program and the first fault that it named after a marker; 0 where it named none."""
    lines = [line.strip() for line in told.splitlines()]
    named = [line[len(marker):] for line in lines if line.startswith(marker)]
    return {"exit": code if named else 0, "message": named[0] if named else ""}


if __name__ == "__main__":
    sys.exit(main())
