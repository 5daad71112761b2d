using Deq.Export.Bundling;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Solving;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using TorchSharp;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow;

/// <summary>Holds the ONNX graphs of a flow estimator's bundle against the graphs of its recipe, evaluated by Torch with the weights that the files hold.</summary>
public sealed class FlowVerification : IDisposable
{
    private const int Evaluations = 3;

    private readonly ModelBundle _bundle;
    private readonly FlowGraphs _graphs;
    private readonly BoundFlowNetwork _network;
    private readonly DisposeScope _scope = NewDisposeScope();

    /// <summary>Rebuilds the Torch side from the bundle alone.</summary>
    /// <param name="bundle">An open bundle that carries its recipe; stays the caller's.</param>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or its weights are not those of the recipe.</exception>
    public FlowVerification(ModelBundle bundle)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        _bundle = bundle;
        string path = Path.Combine(bundle.Directory, BundleFileNames.Recipe);
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{bundle.Directory} has no {BundleFileNames.Recipe}: only bundles that export wrote can be verified.");
        }

        FlowRecipe recipe = FlowRecipeReader.Read(path);
        _graphs = FlowEstimator.Build(recipe.Architecture);
        ModelPart[] parts = [bundle.Manifest.Encoder, bundle.Manifest.Cell, bundle.Manifest.Decoder];
        Dictionary<string, float[]> values = parts
            .SelectMany(part => OnnxWeights.Read(File.ReadAllBytes(Path.Combine(bundle.Directory, part.File))))
            .GroupBy(weight => weight.Key, weight => weight.Value, StringComparer.Ordinal)
            .ToDictionary(weight => weight.Key, weight => weight.First(), StringComparer.Ordinal);
        string[] missing = [.. _graphs.Weights.Select(weight => weight.Name).Where(name => !values.ContainsKey(name))];
        if (missing.Length > 0)
        {
            throw new InvalidDataException($"{bundle.Directory} does not hold the weights of its recipe: {missing[0]} is missing.");
        }

        _network = new FlowNetwork(_graphs).Bind(_graphs.Weights.ToDictionary(
            weight => weight.Name, weight => tensor(values[weight.Name], [.. weight.Extents.Select(extent => (long)extent)]), StringComparer.Ordinal));
    }

    /// <summary>Some shapes that the bundle takes: its smallest, a wide and a high one.</summary>
    public IReadOnlyList<ShapeKey> Shapes
    {
        get
        {
            FrameSizes sizes = _bundle.Manifest.Input.Sizes!;
            ShapeKey least = sizes.ShapeOf(sizes.LeastSide, sizes.LeastSide);
            ShapeKey[] shapes = [least, new(least.Height, 2 * least.Width), new(least.Height + sizes.Multiple, least.Width)];
            return [.. shapes.Where(shape => sizes.Refusal(shape.Height, shape.Width) is null)];
        }
    }

    /// <summary>Compares every part, and whole solves at equal evaluations, on pairs of frames of noise.</summary>
    /// <param name="shape">Of the padded frames.</param>
    /// <param name="count">How many pairs.</param>
    /// <param name="seed">Draws frames and states.</param>
    /// <returns>The largest absolute difference of any number, by what was compared.</returns>
    public IReadOnlyList<VerifiedPart> Run(ShapeKey shape, int count, int seed)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        var random = new Random(seed);
        var differences = new SortedDictionary<string, double>(StringComparer.Ordinal);
        OnnxModel model = _bundle.Model.At(shape);
        using OnnxLane lane = model.OpenLane(capacity: 1);
        int slots = lane.Space.Allocate(2);
        for (int pair = 0; pair < count; pair++)
        {
            using IDisposable step = NewDisposeScope();
            float[] input = [.. Enumerable.Range(0, model.InputLength).Select(_ => (2 * random.NextSingle()) - 1)];
            Tensor[] injections = _network.Encode(tensor(input, [1, FlowGuess.Planes, shape.Height, shape.Width]));
            lane.Encode(input, 0);
            for (int place = 0; place < injections.Length; place++)
            {
                TensorDifference.Note(differences, $"encoder: {_graphs.Encoder.Outputs[place].Name}", injections[place], lane.Injection(0, place));
            }

            CompareParts(model, lane, slots, injections, random, differences);
            foreach (IFixedPointMethod method in ComparedMethods.All)
            {
                CompareSolve(model, method, input, injections, differences);
            }
        }

        return [.. differences.Select(entry => new VerifiedPart(entry.Key, entry.Value))];
    }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();

    private void CompareParts(
        OnnxModel model, OnnxLane lane, int slots, Tensor[] injections, Random random, SortedDictionary<string, double> differences)
    {
        Span<float> z = lane.Space.Row(slots, 0);
        for (int i = 0; i < z.Length; i++)
        {
            z[i] = (2 * random.NextSingle()) - 1;
        }

        Tensor state = StateOf(tensor(z.ToArray(), [1, z.Length]), injections);
        lane.Evaluate(slots, slots + 1, rows: 1);
        TensorDifference.Note(differences, "cell: f(z, x, volumes)", _network.Evaluate(state, injections), lane.Space.Row(slots + 1, 0));
        float[] flow = new float[model.OutputLength];
        lane.Decode(slots, 0, flow);
        TensorDifference.Note(differences, "decoder: flow", _network.Decode(state, injections), flow);
    }

    /// <summary>The same loop and method on both sides, by the same residual, made to spend exactly so many evaluations.</summary>
    /// <remarks>Few: on noise nothing converges, and each evaluation multiplies what rounding left.</remarks>
    private void CompareSolve(
        OnnxModel model, IFixedPointMethod method, float[] input, Tensor[] injections, SortedDictionary<string, double> differences)
    {
        RowGrant grant = RowGrant.Of(double.Epsilon, Evaluations);
        using var solver = new TorchSolver(
            1, model.StateWidth, method, (z, companions) => _network.Evaluate(StateOf(z, injections), [.. companions]).reshape(1, -1));
        TorchSolution torch = solver.Solve(zeros(1, model.StateWidth), grant, injections);
        using OnnxLane lane = model.OpenLane(capacity: 1);
        var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
        batch.Join(grant, out int row);
        lane.Encode(input, row);
        lane.Start(batch.IterateSlot, row);
        float[] flow = new float[model.OutputLength];
        FixedPoint.Run(batch, done => lane.Decode(done.Slot, done.Row, flow));
        TensorDifference.Note(
            differences, $"flow after {Evaluations} evaluations: {method.Name}", _network.Decode(StateOf(torch.State, injections), injections), flow);
    }

    private static Tensor StateOf(Tensor flat, Tensor[] injections) => flat.reshape(1, FlowSizes.State, injections[0].shape[2], injections[0].shape[3]);
}
