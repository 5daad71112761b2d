using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Tasks.Flow;

/// <summary>An engine over a tiny flow bundle, and short ways to ask it.</summary>
internal sealed class FlowEngine : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InferenceEngine _engine;

    public FlowEngine(EngineOptions? options = null, TinyFlowOptions? bundle = null)
    {
        Bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder["flow"], bundle), new ExecutionOptions());
        _engine = new InferenceEngine("flow", Bundle.Model, options ?? new() { Threads = 1, RowsPerThread = 4 });
    }

    public ModelBundle Bundle { get; }

    /// <summary>Noise of the size of a padded pair, in [−1, 1].</summary>
    public static float[] Frames(ShapeKey shape, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 6 * shape.Height * shape.Width).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    public static InferenceRequest<float[]> Request(ShapeKey shape, int seed, string method = "picard", double tolerance = 1e-3) =>
        EngineRequests.Request(Frames(shape, seed)) with
        {
            Shape = shape,
            Method = FixedPointMethods.Find(method)!,
            Tolerance = new Tolerance { Relative = tolerance },
            Budget = new Budget { Evaluations = 200 },
        };

    public Task<InferenceAnswer<float[]>> Ask(InferenceRequest<float[]> request) => _engine.Ask(request);

    public int StateWidth(ShapeKey shape) => Bundle.Model.At(shape).StateWidth;

    public AdmissionDecision Submit(InferenceRequest<float[]> request) => _engine.Submit([request], out _);

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Bundle.Dispose();
        _folder.Dispose();
    }
}
