namespace Deq.Export.Graphs;

/// <summary>What training learns in place of a weight. Output channels are axis 0. Folded away on export.</summary>
internal enum Reparametrization
{
    /// <summary>The weight itself.</summary>
    None,

    /// <summary>A direction and a length per output channel; see <see cref="Reparametrizations.WeightNorm"/>.</summary>
    WeightNorm,

    /// <summary>A matrix divided by its largest singular value; see <see cref="Reparametrizations.SpectralNorm"/>.</summary>
    SpectralNorm,
}
