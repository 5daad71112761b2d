using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks;

namespace Deq.Runtime.Bundles;

/// <summary>What a manifest must say of its graphs, and whether the graphs say the same.</summary>
internal static class PartRules
{
    /// <summary>The parts of a manifest by name, the missing optional one left out.</summary>
    public static IEnumerable<(string Name, ModelPart Part)> Parts(ModelManifest manifest)
    {
        yield return ("encoder", manifest.Encoder);
        yield return ("cell", manifest.Cell);
        yield return ("decoder", manifest.Decoder);
        if (manifest.CellVectorJacobian is { } product)
        {
            yield return ("cellVectorJacobian", product);
        }
    }

    /// <summary>Where the manifest's contracts break the format or each other.</summary>
    public static IEnumerable<string> Contracts(ModelManifest manifest)
    {
        foreach ((string name, ModelPart part) in Parts(manifest))
        {
            if (!manifest.Files.ContainsKey(part.File))
            {
                yield return $"{name}.file is '{part.File}', which is not listed in files.";
            }

            string output = manifest.Task == ModelTasks.Flow ? TensorNames.Flow : TensorNames.Logits;
            string[] injections = Injections(manifest);
            (string[] inputs, string[] outputs) = name switch
            {
                "encoder" => (new[] { TensorNames.Image }, injections),
                "cell" => ([TensorNames.State, .. injections.Where(IsOfCell)], [TensorNames.Mapped]),
                "decoder" => ([TensorNames.State, .. injections.Where(injection => !IsOfCell(injection))], [output]),
                _ => ([TensorNames.State, .. injections.Where(IsOfCell), TensorNames.Cotangent], [TensorNames.CotangentProduct]),
            };
            foreach (string fault in (string[])
                [.. Tensors(manifest, $"{name}.inputs", part.Inputs, inputs), .. Tensors(manifest, $"{name}.outputs", part.Outputs, outputs)])
            {
                yield return fault;
            }
        }
    }

    /// <summary>
    /// What the encoder hands on: x, of a flow estimator as many cost volumes as it has further outputs, and last the detail, where it is given a guess.
    /// </summary>
    public static string[] Injections(ModelManifest manifest) => manifest.Task != ModelTasks.Flow ? [TensorNames.Injection]
        : manifest.Input.Guess is null ? [TensorNames.Injection, .. Volumes(Math.Max(1, manifest.Encoder.Outputs.Count - 1))]
        : [TensorNames.Injection, .. Volumes(Math.Max(0, manifest.Encoder.Outputs.Count - 2)), TensorNames.Detail];

    private static IEnumerable<string> Volumes(int count) => Enumerable.Range(0, count).Select(TensorNames.Volume);

    private static bool IsOfCell(string injection) => injection != TensorNames.Detail;

    /// <summary>Where a graph is not what its contract says.</summary>
    public static IEnumerable<string> Graph(string file, ModelPart part, OnnxGraph graph) =>
        [.. Side(file, "inputs", part.Inputs, graph.Inputs), .. Side(file, "outputs", part.Outputs, graph.Outputs)];

    private static IEnumerable<string> Tensors(ModelManifest manifest, string place, IReadOnlyList<TensorContract> tensors, string[] names)
    {
        if (!tensors.Select(tensor => tensor?.Name).SequenceEqual(names))
        {
            yield return $"{place} are {string.Join(", ", tensors.Select(tensor => tensor?.Name))}; they are {string.Join(", ", names)}.";
            yield break;
        }

        foreach (TensorContract tensor in tensors)
        {
            string where = $"{place}: {tensor.Name} is {Text(tensor.Shape)}";
            bool isFree = manifest.Task == ModelTasks.Flow;
            if (!IsShape(tensor.Shape, isFree))
            {
                string free = isFree ? " or multiples of H and W, such as 4*H" : "";
                yield return $"{where}; a shape is B followed by numbers of at least 1{free} whose product is below 2³¹.";
            }
            else if (Expected(manifest, tensor.Name) is { } expected && !tensor.Shape.SequenceEqual(expected.Shape))
            {
                yield return $"{where}; {expected.Reason} makes it {Text(expected.Shape)}.";
            }
        }
    }

    /// <summary>The shape that one other place in the manifest gives a tensor.</summary>
    private static (IReadOnlyList<string> Shape, string Reason)? Expected(ModelManifest manifest, string tensor) =>
        manifest.Task == ModelTasks.Flow ? ExpectedOfFlow(manifest, tensor) : ExpectedOfClassifier(manifest, tensor);

    private static (IReadOnlyList<string> Shape, string Reason)? ExpectedOfFlow(ModelManifest manifest, string tensor)
    {
        if (manifest is not { Input.Sizes: { Multiple: >= 1 } sizes, State: { } state } || !state.Divides(sizes.Multiple))
        {
            return null;
        }

        return tensor switch
        {
            TensorNames.Image => (Planes(manifest.Input.Guess is null ? 2 * manifest.Input.Channels : FlowGuess.Planes, sizes.Multiple), "input.sizes"),
            TensorNames.Flow => (Planes(2, sizes.Multiple), "input.sizes"),
            TensorNames.State or TensorNames.Mapped or TensorNames.Cotangent or TensorNames.CotangentProduct =>
                (Planes(state.Hidden + 2, state.Cells(sizes.Multiple)), "state"),
            _ => manifest.Encoder.Outputs.FirstOrDefault(output => output?.Name == tensor) is { } given ? (given.Shape, $"the encoder's {tensor}") : null,
        };
    }

    private static string[] Planes(int channels, int factor) =>
        ["B", $"{channels}", new Extent(factor, Extent.Height).ToString(), new Extent(factor, Extent.Width).ToString()];

    private static (IReadOnlyList<string> Shape, string Reason)? ExpectedOfClassifier(ModelManifest manifest, string tensor) => tensor switch
    {
        TensorNames.Image => (["B", $"{manifest.Input.Channels}", $"{manifest.Input.Height}", $"{manifest.Input.Width}"], "input"),
        TensorNames.Logits => (["B", $"{manifest.Labels.Count}"], "the number of labels"),
        TensorNames.Injection when manifest.Encoder.Outputs is [{ } x] => (x.Shape, "the encoder's x"),
        TensorNames.Injection => null,
        _ when manifest.Cell.Inputs is [{ Shape: [var batch, var width] }, ..] => ([batch, width], "the cell's z"),
        _ => (["B", "D"], "the format"),
    };

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
                yield return $"{file} has {tensor}; the manifest says {promise.Name} float {Text(promise.Shape)}.";
            }
        }
    }

    private static string Text(IReadOnlyList<string>? shape) => $"[{string.Join(", ", shape ?? [])}]";
}
