"""Exports a PyTorch equilibrium model as the three ONNX graphs that `Deq.Export pack` makes a bundle of. Needs torch and onnx, nothing else.

    from deq_bundle import export
    export(encoder, f, decoder, example, "exported")

encoder(input) gives x, f(z, x) the next state, decoder(z) the output. x and z are tensors, or lists of tensors such as the scales of an MDEQ: these are
flattened and joined into one vector per row. See docs/from-pytorch.md.
"""
import functools
import inspect
import os
import types

import numpy
import torch


def export(encoder, f, decoder, example, out, state=None, start=None, skip=False, flat=True, multiple=8, evaluations=(1, 8), opset=16):
    """Writes encode.onnx, cell.onnx, decode.onnx and reference.npz, which `Deq.Export check --reference` compares the bundle with.

    encoder, f, decoder are modules, their methods, or functions that close over modules.
    example      an input with its batch, float32; its content is used for the reference only
    state        z, or a function of x that makes it, of which only the shape counts; a function with flat=False; default: like x
    start        a function of x that gives the state from which solves start; default: zero
    skip         whether the decoder is called as decoder(z, x)
    flat         False keeps z a tensor of its own shape and leaves height and width of the input free (optical flow)
    multiple     with flat=False, the multiple of height and width that the model takes
    evaluations  after how many plain evaluations the reference holds z and the output
    """
    _refuse_other_than_float32("example", example, mend="take float32 and convert inside: encoder = lambda ids: embed(ids.long().clamp(0, n - 1))")
    if not flat and state is not None and not callable(state):
        raise TypeError("state must be a function of x with flat=False, where height and width are free: state=lambda x: torch.zeros_like(x).")
    was = [(module, module.training) for function in (encoder, f, decoder, start, state) for owner in _modules(function) for module in owner.modules()]
    _refuse_unfolded(module for module, _ in was)
    os.makedirs(out, exist_ok=True)
    watch = torch.nn.modules.module.register_module_forward_pre_hook(_refuse_unfound({id(module) for module, _ in was}, was))
    try:
        # Before anything is called: in training mode an example would move the running statistics of batch norms.
        for module, _ in was:
            module.training = False
        parts = [Part(encoder, f, decoder, start, state, skip, flat, part, example) for part in ("encoder", "cell", "decoder")]
        for part in parts:  # torch.onnx.export puts a part back into the mode that it found it in, with the modules that all share.
            part.eval()
        with torch.no_grad():
            _reference(parts, example, out, evaluations)
            _export(parts, example, out, flat, multiple, opset)
    finally:
        watch.remove()
        for module, training in was:
            module.training = training


class Part(torch.nn.Module):
    """One of the three graphs, with tensors in and out where the model has lists."""

    def __init__(self, encoder, f, decoder, start, state, skip, flat, part, example):
        super().__init__()
        self.functions = {"encoder": encoder, "f": f, "decoder": decoder, "start": start, "state": state}
        self.held = torch.nn.ModuleList({id(module): module for function in self.functions.values() for module in _modules(function)}.values())
        self.skip, self.flat, self.part = skip, flat, part
        with torch.no_grad():
            x = encoder(example)
            z = state(x) if callable(state) else x if state is None else state
        self.x_is_list, self.z_is_list = isinstance(x, (list, tuple)), isinstance(z, (list, tuple))
        self.count = len(x) if self.x_is_list else 1
        self.shapes = [tuple(tensor.shape[1:]) for tensor in (z if self.z_is_list else [z])]
        _refuse_other_than_float32("what the encoder gives", *(x if self.x_is_list else [x]))
        _refuse_other_than_float32("state", *(z if self.z_is_list else [z]))

    def forward(self, *tensors):
        if self.part == "encoder":
            x = self.functions["encoder"](tensors[0])
            z0 = [] if self.functions["start"] is None else [self.join(self.functions["start"](x))]
            return tuple([*(x if self.x_is_list else [x]), *z0])
        z, x = self.split(tensors[0]), list(tensors[1:]) if self.x_is_list else tensors[-1]
        if self.part == "cell":
            return self.join(self.functions["f"](z, x))
        return self.functions["decoder"](z, x) if self.skip else self.functions["decoder"](z)

    def zeros(self, x):
        """z of zeros, as the bundle holds it."""
        state = self.functions["state"]
        z = state(x if self.x_is_list else x[0]) if callable(state) else None
        if z is not None:
            return torch.zeros_like(self.join(z))
        if state is None and not self.flat:
            return torch.zeros_like(x[0])
        return torch.zeros(x[0].shape[0], *([self.width()] if self.flat else self.shapes[0]), device=x[0].device)

    def width(self):
        return sum(int(numpy.prod(shape)) for shape in self.shapes)

    def join(self, z):
        if not self.flat:
            return z
        return torch.cat([tensor.reshape(tensor.shape[0], -1) for tensor in z], 1) if self.z_is_list else z.reshape(-1, self.width())

    def split(self, z):
        if not self.flat:
            return z
        parts = torch.split(z, [int(numpy.prod(shape)) for shape in self.shapes], 1)
        # By the batch's own size: after reshape(-1, …) the exporter knows no extent, which adaptive pools need.
        tensors = [part.reshape(part.shape[0], *shape) for part, shape in zip(parts, self.shapes)]
        return tensors if self.z_is_list else tensors[0]


def _modules(function):
    """The modules that a function calls: itself, the one it is a method of, those it closes over, and those of its object and of functions and objects that it names."""
    if not (function is None or callable(function) or isinstance(function, (torch.Tensor, list, tuple))):
        raise TypeError(f"{function!r} is no function; {_MEND}.")
    return list({id(module): module for module in _reached(function, 2, set())}.values())


def _reached(value, depth, seen):
    if isinstance(value, torch.nn.Module):
        return [value]
    if id(value) in seen or depth < 0 or isinstance(value, (torch.Tensor, numpy.ndarray, str, bytes, type, types.ModuleType)):
        return []
    seen = seen | {id(value)}
    if isinstance(value, functools.partial):
        same, deeper = [value.func, *value.args, *value.keywords.values()], []
    elif isinstance(value, (list, tuple, dict)):
        same, deeper = list(value.values() if isinstance(value, dict) else value), []
    elif inspect.ismethod(value):
        same, deeper = [value.__self__, value.__func__], []
    elif inspect.isfunction(value):
        same, deeper = [], [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values(), *_named(value)]
    else:
        call = getattr(type(value), "__call__", None)
        same, deeper = [call] if inspect.isfunction(call) else [], list(getattr(value, "__dict__", {}).values())
    return [module for values, left in ((same, depth), (deeper, depth - 1)) for one in values for module in _reached(one, left, seen)]


def _named(function):
    """What a function and the functions within it name: variables of functions around it, globals, and members of Python modules such as mine.net."""
    codes = [function.__code__]
    for code in codes:
        codes.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    names = {name for code in codes for name in code.co_names}
    cells = [cell.cell_contents for cell in function.__closure__ or () if cell != types.CellType()]  # Without those of names not assigned yet.
    values = [*cells, *(function.__globals__[name] for name in names if name in function.__globals__)]
    members = [vars(value)[name] for value in values if isinstance(value, types.ModuleType) for name in names if name in vars(value)]
    return [*values, *members]


_MEND = "pass modules, their methods, or functions that close over modules"


def _refuse_unfound(found, was):
    """Stops before a module runs in training mode that no search found: its running statistics would move, and its weights could not be exported."""
    def look(module, _):
        if id(module) in found or any(isinstance(inner, Part) for inner in module.modules()):  # The exporter wraps a part once more.
            return
        weights = [*module.parameters(), *module.buffers()]
        if weights and (module.training or any(weight.requires_grad for weight in weights)):
            raise TypeError(f"A function calls a {type(module).__name__} that it does not close over; {_MEND}.")
        was.append((module, module.training))  # Made on the spot, such as Softmax(1)(x).
        module.training = False
    return look


def _refuse_other_than_float32(name, *tensors, mend="convert it by .float() at the end"):
    """mend is for integers and truth values, which .float() on the modules would not change."""
    for tensor in tensors:
        if tensor.dtype != torch.float32:
            mend = "call .float() on the example, the state and the modules" if tensor.is_floating_point() else mend
            raise TypeError(f"{name} is {str(tensor.dtype).replace('torch.', '')}; a bundle computes in float32: {mend}.")


def _refuse_unfolded(modules):
    """A weight that a norm computed in an earlier forward pass would be exported as it was then; after load_state_dict that is the weight of before."""
    for module in modules:
        if any(type(hook).__module__.startswith("torch.nn.utils") for hook in module._forward_pre_hooks.values()):
            continue  # Those norms compute the weight at every call.
        for name, value in vars(module).items():
            sources = [parameter for parameter in module._parameters if parameter.startswith(name + "_")]
            if isinstance(value, torch.Tensor) and sources:
                raise ValueError(f"{type(module).__name__}.{name} was computed from {', '.join(sources)} in an earlier forward pass and may be out of date; remove the norm first: "
                                 "torchdeq's remove_norm, DEQ-Flow's remove_weight_norm, or as docs/from-pytorch.md shows for MDEQ.")


def _export(parts, example, out, flat, multiple, opset):
    encoder, cell, decoder = parts
    examples = [example[:2] if example.shape[0] > 1 else torch.cat([example, example])]
    if not flat:  # A second size shows which axes follow height and width.
        height, width = example.shape[-2:]
        examples.append(torch.nn.functional.interpolate(examples[0], size=(height + multiple, width + 2 * multiple)))
    given = [encoder(value) for value in examples]
    start = encoder.functions["start"] is not None
    x = [list(value)[:encoder.count] for value in given]
    z = [encoder.zeros(value) for value in x]
    names = [f"x{place}" if place else "x" for place in range(encoder.count)]
    _graph(encoder, [examples], ["input"], [*names, *(["z0"] if start else [])], out, "encode", opset)
    _graph(cell, [z, *zip(*x)], ["z", *names], ["fz"], out, "cell", opset)
    _graph(decoder, [z, *(zip(*x) if decoder.skip else [])], ["z", *(names if decoder.skip else [])], ["output"], out, "decode", opset)


def _graph(part, inputs, names, outputs, out, file, opset):
    axes = {name: {0: "B", **{axis: f"{name}_{axis}" for axis in range(1, values[0].dim()) if len({value.shape[axis] for value in values}) > 1}}
            for name, values in zip(names, inputs)}
    axes.update({name: {0: "B"} for name in outputs})
    more = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(part, tuple(values[0] for values in inputs), os.path.join(out, file + ".onnx"), input_names=names, output_names=outputs,
                      dynamic_axes=axes, opset_version=opset, **more)


def _reference(parts, example, out, evaluations):
    encoder, cell, decoder = parts
    given = list(encoder(example))
    x = given[:encoder.count]
    z = given[-1] if len(given) > encoder.count else encoder.zeros(x)
    arrays = {"inputs": example, **{f"x{place}" if place else "x": tensor for place, tensor in enumerate(x)}}
    for evaluation in range(1, max(evaluations) + 1):
        z = cell(z, *x)
        if evaluation in evaluations:
            arrays[f"z{evaluation}"] = z
            arrays[f"outputs{evaluation}"] = decoder(z, *x) if decoder.skip else decoder(z)
    numpy.savez(os.path.join(out, "reference.npz"), **{name: tensor.detach().cpu().numpy().astype("float32") for name, tensor in arrays.items()})
