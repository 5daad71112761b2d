namespace Deq.Runtime.Models;

/// <summary>Which outputs of an encoder a manifest's cell and decoder take, for tasks that leave their number and names free.</summary>
public sealed record InjectionUse
{
    /// <summary>What the cell takes, in the encoder's order; x where nothing else is said.</summary>
    public required IReadOnlyList<string> Cell { get; init; }

    /// <summary>What the decoder takes, in the encoder's order.</summary>
    public required IReadOnlyList<string> Decoder { get; init; }

    /// <summary>Reads it off the inputs of the parts.</summary>
    /// <param name="manifest">Any; of one with faults, as much as can be said.</param>
    public static InjectionUse Of(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        string[] given = [.. Names(manifest.Encoder.Outputs).Where(name => !TensorNames.Reserved.Contains(name)).Distinct()];
        string[] cell = [.. given.Intersect(Names(manifest.Cell.Inputs))];
        return new InjectionUse
        {
            Cell = cell.Length > 0 && cell[0] == TensorNames.Injection ? cell : [TensorNames.Injection, .. cell.Where(name => name != TensorNames.Injection)],
            Decoder = [.. given.Intersect(Names(manifest.Decoder.Inputs))],
        };
    }

    /// <summary>The start among the encoder's outputs; null where there is none.</summary>
    /// <param name="manifest">Any.</param>
    public static string? StartOf(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return Names(manifest.Encoder.Outputs).Contains(TensorNames.Start) ? TensorNames.Start : null;
    }

    private static IEnumerable<string> Names(IReadOnlyList<TensorContract> tensors) => tensors.Select(tensor => tensor?.Name).OfType<string>();
}
