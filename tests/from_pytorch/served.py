"""The built programs of this repository: one run of Deq.Export, and a server that answers tensors by the Open Inference Protocol."""
import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request

import numpy

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TYPES = {"FP32": "<f4", "INT32": "<i4", "BOOL": "?", "UINT8": "u1"}


def build():
    for project in ("Deq.Export", "Deq.Api"):
        subprocess.run(["dotnet", "build", "-c", "Release", "-v", "quiet", project], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def run(project, *arguments):
    """A program's exit code and what it wrote."""
    done = subprocess.run(_command(project, *arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


@contextlib.contextmanager
def server(models):
    """The address of a server of the bundles in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(_command("Deq.Api", "--urls", address, f"--Models:Directory={models}", "--Limits:DeadlineMs=600000"), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address + "/healthz/ready").close()
                break
            time.sleep(0.2)
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}.")
        yield address
    finally:
        process.terminate()
        process.wait()


def infer(address, model, inputs, output, **parameters):
    """The output, and per row evaluations, residual and whether it converged."""
    tensors = [numpy.ascontiguousarray(value) for value in inputs.values()]
    datatypes = {numpy.dtype("float32"): "FP32", numpy.dtype("uint8"): "UINT8"}
    asked = [output, "deq_evaluations", "deq_residual", "deq_converged"]
    head = json.dumps({
        "parameters": {"binary_data_output": True, **parameters},
        "inputs": [{"name": name, "datatype": datatypes[value.dtype], "shape": value.shape, "parameters": {"binary_data_size": value.nbytes}} for name, value in zip(inputs, tensors)],
        "outputs": [{"name": name} for name in asked],
    }).encode()
    body = head + b"".join(value.tobytes() for value in tensors)
    request = urllib.request.Request(f"{address}/v2/models/{model}/infer", body, {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))})
    with urllib.request.urlopen(request) as response:
        answer, place = response.read(), int(response.headers["Inference-Header-Content-Length"])
    values = {}
    for tensor in json.loads(answer[:place])["outputs"]:
        size = tensor["parameters"]["binary_data_size"]
        values[tensor["name"]] = numpy.frombuffer(answer[place:place + size], TYPES[tensor["datatype"]]).reshape(tensor["shape"])
        place += size
    return [values[name] for name in asked]


def _command(project, *arguments):
    return ["dotnet", os.path.join(ROOT, "artifacts", "bin", project, "release", project + ".dll"), *arguments]
