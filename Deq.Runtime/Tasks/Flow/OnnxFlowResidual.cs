using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>The residual of flow states in a device's memory: one run of a small graph, from which three numbers per row come back.</summary>
internal sealed class OnnxFlowResidual(OnnxDevice device, OnnxStateSpace space, FlowMeasure measure) : IResidual, IDisposable
{
    private const int Sums = 3;

    private readonly BoundRuns<double> _runs = new();

    /// <inheritdoc/>
    public void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        if (!_runs.TryFind([z, fz, rows], out OnnxBinding? binding, out double[] host))
        {
            host = GC.AllocateArray<double>(rows * Sums, pinned: true);
            binding = device.FlowChange(space.Width, measure.Cells).Bind(
            [
                BoundTensor.OnDevice(StateGraphs.Left, space[z].View(0, rows, space.Width)),
                BoundTensor.OnDevice(StateGraphs.Vector(0), space[fz].View(0, rows, space.Width)),
                BoundTensor.OnHost(StateGraphs.Result, host.AsMemory(), rows, Sums),
            ]);
            _runs.Add([z, fz, rows], binding, host);
        }

        binding.Run();
        for (int row = 0; row < rows; row++)
        {
            residuals[row] = measure.Of(
                differences[row], magnitudes[row], host[row * Sums], host[(row * Sums) + 1], host[(row * Sums) + 2]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _runs.Dispose();
}
