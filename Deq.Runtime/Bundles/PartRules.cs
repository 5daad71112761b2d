using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Runtime.Bundles;

/// <summary>What a manifest must say of its graphs, and whether the graphs say the same.</summary>
internal static class PartRules
{
    /// <summary>Where the manifest's contracts break the format or each other.</summary>
    public static IEnumerable<string> Contracts(ModelManifest manifest, ModelContract contract)
    {
        foreach ((string name, ModelPart part) in manifest.Parts)
        {
            if (!manifest.Files.ContainsKey(part.File))
            {
                yield return $"{name}.file is '{part.File}', which is not listed in files.";
            }

            if (name == ModelParts.Energy && contract.EnergyInjections is null)
            {
                yield return $"{name} is of models whose solves descend an energy; those of task '{manifest.Task}' have none.";
                continue;
            }

            (IReadOnlyList<string> inputs, IReadOnlyList<string> outputs) = ModelParts.TensorsOf(name, contract);
            foreach (string fault in (string[])
                [.. Tensors(contract, $"{name}.inputs", part.Inputs, inputs), .. Tensors(contract, $"{name}.outputs", part.Outputs, outputs)])
            {
                yield return fault;
            }
        }
    }

    /// <summary>Where a graph is not what its contract says.</summary>
    public static IEnumerable<string> Graph(string file, ModelPart part, OnnxGraph graph) =>
        [.. Side(file, "inputs", part.Inputs, graph.Inputs), .. Side(file, "outputs", part.Outputs, graph.Outputs)];

    private static IEnumerable<string> Tensors(
        ModelContract contract, string place, IReadOnlyList<TensorContract> tensors, IReadOnlyList<string> names)
    {
        if (!tensors.Select(tensor => tensor?.Name).SequenceEqual(names))
        {
            yield return $"{place} are {string.Join(", ", tensors.Select(tensor => tensor?.Name))}; they are {string.Join(", ", names)}.";
            yield break;
        }

        foreach (TensorContract tensor in tensors)
        {
            string where = $"{place}: {tensor.Name} is {Text(tensor.Shape)}";
            bool isFree = contract.Sizes is not null;
            if (!IsShape(tensor.Shape, isFree))
            {
                string free = isFree ? " or multiples of H and W, such as 4*H" : "";
                yield return $"{where}; a shape is B followed by numbers of at least 1{free} whose product is below 2³¹.";
            }
            else if (contract.Shapes.TryGetValue(tensor.Name, out RequiredShape? expected) && !tensor.Shape.SequenceEqual(expected.Shape))
            {
                yield return $"{where}; {expected.Reason} makes it {Text(expected.Shape)}.";
            }
        }
    }

    private static bool IsShape(IReadOnlyList<string>? shape, bool isFree)
    {
        if (shape is not ["B", _, ..])
        {
            return false;
        }

        long product = 1;
        foreach (string size in shape.Skip(1))
        {
            if (size is null || Extent.Parse(size) is not { } extent || (extent.Name is not null && !isFree))
            {
                return false;
            }

            product = Math.Min(product * extent.Factor, int.MaxValue + 1L);
        }

        return product <= int.MaxValue;
    }

    private static IEnumerable<string> Side(string file, string side, IReadOnlyList<TensorContract> promised, IReadOnlyList<TensorSignature> actual)
    {
        if (!promised.Select(tensor => tensor?.Name).SequenceEqual(actual.Select(tensor => tensor.Name)))
        {
            yield return $"{file} has the {side} {string.Join(", ", actual.Select(tensor => tensor.Name))}; "
                + $"the manifest says {string.Join(", ", promised.Select(tensor => tensor?.Name))}.";
            yield break;
        }

        foreach ((TensorContract promise, TensorSignature tensor) in promised.Zip(actual))
        {
            bool batchVaries = tensor.Shape.Count > 0 && !int.TryParse(tensor.Shape[0], out _);
            if (tensor.Element != "float" || !batchVaries || !tensor.Shape.Skip(1).SequenceEqual(promise.Shape.Skip(1)))
            {
                string mend = tensor.Element != "float" ? " Export as float32."
                    : !batchVaries ? $" Its batch is fixed: export with dynamic_axes={{'{promise.Name}': {{0: 'B'}}}}."
                    : "";
                yield return $"{file} has {tensor}; the manifest says {promise.Name} float {Text(promise.Shape)}.{mend}";
            }
        }
    }

    private static string Text(IReadOnlyList<string>? shape) => $"[{string.Join(", ", shape ?? [])}]";
}
