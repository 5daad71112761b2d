using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>The graphs of a foreign model, and which tensor of one is which of another.</summary>
internal sealed record ForeignModel
{
    /// <summary>input ↦ injections.</summary>
    public required ForeignGraph Encoder { get; init; }

    /// <summary>(z, injections) ↦ f(z, x).</summary>
    public required ForeignGraph Cell { get; init; }

    /// <summary>z* ↦ output.</summary>
    public required ForeignGraph Decoder { get; init; }

    /// <summary>(z, injections, u) ↦ uᵀ·∂f/∂z; null where there is none.</summary>
    public ForeignGraph? Product { get; init; }

    /// <summary>The outputs of the encoder that the cell takes, in the cell's order.</summary>
    public required IReadOnlyList<ForeignTensor> CellInjections { get; init; }

    /// <summary>The outputs of the encoder that the decoder takes after z, in the decoder's order.</summary>
    public required IReadOnlyList<ForeignTensor> DecoderInjections { get; init; }

    /// <summary>The output of the encoder that solves start from; null where they start from zero.</summary>
    public ForeignTensor? Start { get; init; }

    /// <summary>All outputs of the encoder that something takes, each once: the cell's first, then those of the decoder alone, then the start.</summary>
    public IReadOnlyList<ForeignTensor> Injections =>
        [.. CellInjections.Concat(DecoderInjections).Concat(Start is null ? [] : [Start]).DistinctBy(tensor => tensor.Name)];

    /// <summary>Matches the tensors of graphs: by name, else by their order.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="decoder">The decoder.</param>
    /// <param name="product">The vector–Jacobian product; null for none.</param>
    /// <param name="faults">Receives what does not match, each with its mend.</param>
    public static ForeignModel? Match(ForeignGraph encoder, ForeignGraph cell, ForeignGraph decoder, ForeignGraph? product, List<string> faults)
    {
        int before = faults.Count;
        faults.AddRange(
        [
            .. Count(encoder.Name, "inputs", encoder.Inputs, 1, "the encoder has one, the model's input"),
            .. Count(cell.Name, "outputs", cell.Outputs, 1, "a cell has one, f(z, x); join a state of several tensors into one vector"),
            .. Count(decoder.Name, "outputs", decoder.Outputs, 1, "a decoder has one; join several along an axis"),
        ]);
        if (cell.Inputs.Count < 2 || encoder.Outputs.Count == 0 || decoder.Inputs.Count == 0)
        {
            faults.Add($"{cell.Name} takes {List(cell.Inputs)}, {decoder.Name} takes {List(decoder.Inputs)}; a cell takes z and what the encoder gives, a decoder z.");
            return null;
        }

        if (Swapped(encoder, cell, decoder, product) is { Length: > 0 } swapped)
        {
            faults.AddRange(swapped);
            return null;
        }

        ForeignTensor[] toCell = Taken(cell, [.. cell.Inputs.Skip(1)], encoder, encoder.Outputs, faults);
        ForeignTensor[] rest = [.. encoder.Outputs.Where(output => toCell.All(taken => taken.Name != output.Name) && output.Name != TensorNames.Start)];
        ForeignTensor[] toDecoder = Taken(decoder, [.. decoder.Inputs.Skip(1)], encoder, rest, faults);
        if (product is not null && product.Inputs.Count != cell.Inputs.Count + 1)
        {
            faults.Add($"{product.Name} takes {List(product.Inputs)}; it takes what the cell takes, {List(cell.Inputs)}, and last the cotangent u.");
        }

        return faults.Count > before ? null : new ForeignModel
        {
            Encoder = encoder,
            Cell = cell,
            Decoder = decoder,
            Product = product,
            CellInjections = toCell,
            DecoderInjections = toDecoder,
            Start = encoder.Outputs.FirstOrDefault(output => output.Name == TensorNames.Start),
        };
    }

    private static ForeignTensor[] Taken(
        ForeignGraph graph, ForeignTensor[] inputs, ForeignGraph encoder, IReadOnlyList<ForeignTensor> inOrder, List<string> faults)
    {
        var named = inputs.Select(input => encoder.Outputs.FirstOrDefault(output => output.Name == input.Name)).ToArray();
        var left = new Queue<ForeignTensor>(inOrder.Where(output => !named.Contains(output) && output.Name != TensorNames.Start));
        for (int i = 0; i < inputs.Length; i++)
        {
            if (named[i] is null && !left.TryDequeue(out named[i]))
            {
                faults.Add($"{graph.Name} takes {inputs[i].Name}, which {encoder.Name} does not give: it gives {List(encoder.Outputs)}. Give both the same name, by output_names and input_names.");
            }
        }

        return [.. named.OfType<ForeignTensor>()];
    }

    /// <summary>The faults of graphs that take x before z.</summary>
    private static string[] Swapped(ForeignGraph encoder, ForeignGraph cell, ForeignGraph decoder, ForeignGraph? product) =>
    [
        .. StateFirst(cell, encoder, "a cell takes z first, then what the encoder gives: export it as f(z, x)"),
        .. StateFirst(decoder, encoder, "a decoder takes z first, then what the encoder gives: export it as decode(z, x)"),
        .. product is null ? [] : StateFirst(product, encoder, "a product takes z first, then what the encoder gives, and u last: export it as vjp(z, x, u)"),
    ];

    /// <summary>The fault of a graph whose first input has the name of an output of the encoder. A graph of one input takes z, whatever its name.</summary>
    private static IEnumerable<string> StateFirst(ForeignGraph graph, ForeignGraph encoder, string mend) =>
        graph.Inputs is [var first, _, ..] && first.Name != TensorNames.Start && encoder.Outputs.Any(output => output.Name == first.Name)
            ? [$"{graph.Name} takes {first.Name} first, which {encoder.Name} gives; {mend}, or give z a name of its own."]
            : [];

    private static IEnumerable<string> Count(string file, string side, IReadOnlyList<ForeignTensor> tensors, int wanted, string mend) =>
        tensors.Count == wanted ? [] : [$"{file} has the {side} {List(tensors)}; {mend}."];

    private static string List(IEnumerable<ForeignTensor> tensors) => string.Join(", ", tensors.Select(tensor => tensor.Name));
}
