using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Onnx;

/// <summary>A task's residual over states in a device's memory: one run of a small graph, from which a few numbers per row come back.</summary>
internal sealed class OnnxResidual(OnnxDevice device, OnnxStateSpace space, ISummedResidual residual) : IResidual, IDisposable
{
    private readonly OnnxGraph _graph = device.Sums(residual, space.Width);
    private readonly BoundRuns<double> _runs = new();

    /// <inheritdoc/>
    public IReadOnlyList<string> Parts => residual.Parts;

    /// <inheritdoc/>
    public void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        if (!_runs.TryFind([z, fz, rows], out OnnxBinding? binding, out double[] host))
        {
            host = GC.AllocateArray<double>(rows * residual.Sums, pinned: true);
            binding = _graph.Bind(
            [
                BoundTensor.OnDevice(StateGraphs.Left, space[z].View(0, rows, space.Width)),
                BoundTensor.OnDevice(StateGraphs.Vector(0), space[fz].View(0, rows, space.Width)),
                BoundTensor.OnHost(StateGraphs.Result, host.AsMemory(), rows, residual.Sums),
            ]);
            _runs.Add([z, fz, rows], binding, host);
        }

        binding.Run();
        for (int row = 0; row < rows; row++)
        {
            residuals[row] = residual.Of(differences[row], magnitudes[row], host.AsSpan(row * residual.Sums, residual.Sums));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _runs.Dispose();
}
