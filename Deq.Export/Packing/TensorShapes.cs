using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>The shapes that a bundle gives the tensors of a foreign model: those of its graphs, and where these leave one open, what runs show.</summary>
internal sealed class TensorShapes
{
    private readonly Dictionary<string, IReadOnlyList<string>> _shapes;

    private TensorShapes(Dictionary<string, IReadOnlyList<string>> shapes) => _shapes = shapes;

    /// <summary>The shape of a tensor, <c>[B, …]</c>.</summary>
    /// <param name="part"><c>encoder</c>, <c>cell</c> or <c>decoder</c>.</param>
    /// <param name="tensor">One of its inputs or outputs: of the cell z and f(z, x), of the decoder its output.</param>
    public IReadOnlyList<string> this[string part, ForeignTensor tensor] => _shapes[$"{part}/{tensor.Name}"];

    /// <summary>Finds them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">The extents of the encoder's input without the batch, where the user gives them; null takes the graph's.</param>
    /// <param name="sizes">Which heights and widths the model takes, where they are free.</param>
    /// <param name="longest">The longest that a run may take.</param>
    /// <param name="faults">Receives what cannot be found, with its mend.</param>
    public static TensorShapes? Find(ForeignModel model, IReadOnlyList<int>? input, FrameSizes? sizes, TimeSpan longest, List<string> faults)
    {
        ForeignTensor given = model.Encoder.Inputs[0];
        IReadOnlyList<string> open = input is null ? [.. given.Shape!.Skip(1)] : [.. input.Select(extent => $"{extent}")];
        if (sizes is not null)
        {
            return OfFree(model, open, sizes, longest, faults);
        }

        if (open.FirstOrDefault(extent => !ForeignTensor.IsNumber(extent)) is { } symbol)
        {
            faults.Add($"{model.Encoder.Name}: {given} leaves {symbol} open; say what the model takes, such as --input-shape 3,32,32, or let the batch alone vary in dynamic_axes.");
            return null;
        }

        int before = faults.Count;
        using var sizesOf = new TensorSizes(model, longest, isFree: false, faults);
        return faults.Count == before && sizesOf.Of([.. open.Select(Number)], faults) is { } run
            ? new TensorShapes(run.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<string>)["B", .. entry.Value.Select(extent => $"{extent}")], StringComparer.Ordinal))
            : null;
    }

    /// <summary>Two runs of different heights and widths tell what each extent is a multiple of.</summary>
    private static TensorShapes? OfFree(ForeignModel model, IReadOnlyList<string> open, FrameSizes sizes, TimeSpan longest, List<string> faults)
    {
        if (open.Count < 2)
        {
            faults.Add($"{model.Encoder.Name}: {model.Encoder.Inputs[0]} has no height and width.");
            return null;
        }

        int least = (sizes.LeastSide + sizes.Multiple - 1) / sizes.Multiple;
        (int H, int W)[] scales = [(least + 1, least), (least, least + 2)];
        var runs = new List<Dictionary<string, long[]>>();
        int before = faults.Count;
        using var sizesOf = new TensorSizes(model, longest, isFree: true, faults);
        foreach ((int height, int width) in scales)
        {
            long[] extents = [.. open.SkipLast(2).Select(extent => ForeignTensor.IsNumber(extent) ? Number(extent) : 1), (long)height * sizes.Multiple, (long)width * sizes.Multiple];
            if (faults.Count > before || sizesOf.Of(extents, faults) is not { } run)
            {
                return null;
            }

            runs.Add(run);
        }

        var shapes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach ((string name, long[] first) in runs[0])
        {
            string?[] extents = [.. first.Zip(runs[1][name], (one, other) => Extent(one, other, scales))];
            if (extents.Contains(null))
            {
                faults.Add($"{name} is [{string.Join(", ", first)}] and [{string.Join(", ", runs[1][name])}] for inputs of {Size(0)} and {Size(1)}; its extents must be numbers or "
                    + "whole multiples of height or width alone: raise --multiple until every level divides, and reshape [B, H·W, …] to [B, H, W, …].");
                continue;
            }

            shapes[name] = ["B", .. extents.OfType<string>()];
        }

        return shapes.Count == runs[0].Count ? new TensorShapes(shapes) : null;

        string Size(int run) => $"{scales[run].H * sizes.Multiple} x {scales[run].W * sizes.Multiple}";
    }

    private static string? Extent(long one, long other, (int H, int W)[] scales) =>
        one == other ? $"{one}"
        : one % scales[0].H == 0 && one / scales[0].H * scales[1].H == other ? Times(one / scales[0].H, "H")
        : one % scales[0].W == 0 && one / scales[0].W * scales[1].W == other ? Times(one / scales[0].W, "W")
        : null;

    private static string Times(long factor, string name) => factor == 1 ? name : $"{factor}*{name}";

    private static long Number(string text) => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
