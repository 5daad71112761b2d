using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>The residual of flow states in host memory. It reads the flow alone, 2 of some 50 planes: what it needs of h is measured already.</summary>
internal sealed class HostFlowResidual(HostStateSpace space, FlowMeasure measure) : IResidual
{
    /// <inheritdoc/>
    public void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        int cells = measure.Cells;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> before = space.Row(z, row)[^(2 * cells)..];
            ReadOnlySpan<float> after = space.Row(fz, row)[^(2 * cells)..];
            (double length, double changeSquared, double flowSquared) = (0, 0, 0);
            for (int cell = 0; cell < cells; cell++)
            {
                double right = after[cell];
                double down = after[cells + cell];
                double moreRight = right - before[cell];
                double moreDown = down - before[cells + cell];
                double square = (moreRight * moreRight) + (moreDown * moreDown);
                length += Math.Sqrt(square);
                changeSquared += square;
                flowSquared += (right * right) + (down * down);
            }

            residuals[row] = measure.Of(differences[row], magnitudes[row], length, changeSquared, flowSquared);
        }
    }
}
