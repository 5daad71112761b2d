namespace Deq.Runtime.Bundles;

/// <summary>What the graphs of a bundle are tried on.</summary>
internal sealed record TrialRow
{
    /// <summary>Of the encoder.</summary>
    public required float[] Input { get; init; }

    /// <summary>z; null is where cold solves start.</summary>
    public float[]? State { get; init; }

    /// <summary>u, for products with the cell's Jacobian.</summary>
    public required float[] Cotangent { get; init; }

    /// <summary>v, for products with the decoder's Jacobian.</summary>
    public required float[] OutputCotangent { get; init; }

    /// <summary>What it is, for faults: "inputs between -1 and 1".</summary>
    public required string Description { get; init; }
}

/// <summary>One output of a graph for the rows that it ran on.</summary>
/// <param name="File">The graph's.</param>
/// <param name="Tensor">The output's name.</param>
/// <param name="Rows">The numbers of each row.</param>
internal sealed record TrialOutput(string File, string Tensor, IReadOnlyList<float[]> Rows);
