using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Verification;

/// <summary>Measures a bundle offline: how it converges, what an evaluation costs, which operators take that.</summary>
/// <param name="bundle">An open bundle; stays the caller's.</param>
/// <param name="model">Its model at the size that is measured.</param>
/// <param name="inputs">What it is measured on, at least one.</param>
/// <param name="clock">Measures time.</param>
internal sealed class BundleCheck(ModelBundle bundle, OnnxModel model, IReadOnlyList<float[]> inputs, TimeProvider clock)
{
    private const int Dimension = 24;
    private const int Powers = 8;
    private const int TimedEvaluations = 15;

    /// <summary>Solves every input by the bundle's defaults, one by one.</summary>
    public IReadOnlyList<RowSolution> Solve()
    {
        SolveDefaults defaults = bundle.Manifest.Defaults;
        var solves = new BundleSolves(model, defaults, clock);
        return [.. inputs.Select(input => solves.Solve(input, defaults.Grant()).Solution)];
    }

    /// <summary>The spectral radius of ∂f/∂z at the fixed point of the first input; NaN where it has none.</summary>
    public double SpectralRadius()
    {
        SolveDefaults defaults = bundle.Manifest.Defaults;
        float[] state = new BundleSolves(model, defaults, clock).Solve(inputs[0], RowGrant.Of(defaults.ToleranceLimit, defaults.EvaluationsLimit)).State;
        using OnnxLane lane = model.OpenLane(1);
        lane.Encode(inputs[0], 0);
        IFixedPointMap jacobian = lane.VectorJacobian is { } product ? new BoundProduct(lane, product, state) : new CellJacobian(lane, state);
        var radius = new SpectralRadius(lane.Space, jacobian, Dimension, Powers);
        var random = new Random(1);
        foreach (ref float value in lane.Space.Row(radius.StartSlot, 0))
        {
            value = random.NextSingle() - 0.5f;
        }

        return radius.Estimate(1)[0];
    }

    /// <summary>Median time of an evaluation of one row, milliseconds, and the memory of its lane with the states of the bundle's method, bytes.</summary>
    public (double Milliseconds, long Bytes) Cost()
    {
        SolveDefaults defaults = bundle.Manifest.Defaults;
        using OnnxLane lane = model.OpenLane(1);
        int z = new RunningBatch(lane.Space, lane, defaults.Method(defaults.Solver), clock, lane.Residual).IterateSlot;
        long bytes = lane.Bytes;
        int fz = lane.Space.Allocate(1);
        lane.Encode(inputs[0], 0);
        lane.Start(z, 0);
        double[] times = new double[TimedEvaluations];
        lane.Evaluate(z, fz, 1);
        for (int i = 0; i < times.Length; i++)
        {
            long began = clock.GetTimestamp();
            lane.Evaluate(z, fz, 1);
            times[i] = clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return (times.Order().ElementAt(times.Length / 2), bytes);
    }

    /// <summary>What the operators of the cell cost on the first input.</summary>
    public IReadOnlyList<OperatorCost> Operators()
    {
        ModelPart cell = bundle.Manifest.Cell;
        using OnnxLane lane = model.OpenLane(1);
        lane.Encode(inputs[0], 0);
        int z = lane.Space.Allocate(2);
        lane.Start(z, 0);
        lane.Evaluate(z, z + 1, 1);
        string[] given = [.. bundle.Manifest.Encoder.Outputs.Select(output => output.Name)];
        return OperatorCosts.Measure(
            File.ReadAllBytes(Path.Combine(bundle.Directory, cell.File)),
            [.. cell.Inputs.Select((tensor, place) => (
                tensor,
                CheckedSize.Numbers(tensor.Shape, bundle.Manifest, model.Shape),
                place == 0 ? lane.Space.Row(z + 1, 0).ToArray() : lane.Injection(0, Array.IndexOf(given, tensor.Name)).ToArray()))]);
    }

    /// <summary>u ↦ Jᵀu by the bundle's own graph; Jᵀ has the spectrum of J.</summary>
    private sealed class BoundProduct : IFixedPointMap
    {
        private readonly OnnxVectorJacobian _product;
        private readonly int _z;

        public BoundProduct(OnnxLane lane, OnnxVectorJacobian product, ReadOnlySpan<float> state)
        {
            (_product, _z) = (product, lane.Space.Allocate(1));
            state.CopyTo(lane.Space.Row(_z, 0));
        }

        public void Evaluate(int z, int fz, int rows) => _product.Evaluate(_z, z, fz, rows);

        public void Move(ReadOnlySpan<RowMove> moves)
        {
            // One row has nowhere to move.
        }
    }
}
