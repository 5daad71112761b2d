using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.States;

/// <summary>A task's residual over states in host memory.</summary>
internal sealed class HostResidual(HostStateSpace space, ISummedResidual residual) : IResidual
{
    private readonly double[] _sums = new double[residual.Sums];

    /// <inheritdoc/>
    public IReadOnlyList<string> Parts => residual.Parts;

    /// <inheritdoc/>
    public void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            residual.Sum(space.Row(z, row), space.Row(fz, row), _sums);
            residuals[row] = residual.Of(differences[row], magnitudes[row], _sums);
        }
    }
}
