using Deq.Export.Bundling;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Classification;

/// <summary>Holds a bundle's ONNX graphs against the graphs of its recipe, evaluated by Torch with the weights that the files hold.</summary>
public sealed class BundleVerification : IDisposable
{
    private readonly ModelBundle _bundle;
    private readonly ModelGraphs _graphs;
    private readonly BoundNetwork _network;
    private readonly TorchEvaluator _vectorJacobian;
    private readonly Tensor[] _vectorJacobianWeights;
    private readonly DisposeScope _scope = NewDisposeScope();

    /// <summary>Rebuilds the Torch side from the bundle alone.</summary>
    /// <param name="bundle">An open bundle that carries its recipe; stays the caller's.</param>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or its weights are not those of the recipe.</exception>
    public BundleVerification(ModelBundle bundle)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        _bundle = bundle;
        string recipePath = Path.Combine(bundle.Directory, BundleFileNames.Recipe);
        if (!File.Exists(recipePath))
        {
            throw new InvalidDataException($"{bundle.Directory} has no {BundleFileNames.Recipe}: only bundles that export wrote can be verified.");
        }

        Recipe = TrainingRecipe.Read(recipePath);
        _graphs = ArchitectureCatalogue.Build(Recipe.Architecture, Recipe.Input, bundle.Manifest.Labels.Count);
        Dictionary<string, Tensor> weights = [];
        foreach (ModelPart part in (ModelPart[])[bundle.Manifest.Encoder, bundle.Manifest.Cell, bundle.Manifest.Decoder])
        {
            Collect(Path.Combine(bundle.Directory, part.File), weights);
        }

        _network = new EquilibriumNetwork(_graphs).Bind(weights);
        Graph product = VectorJacobian.Of(_graphs.Cell, "fz", "z");
        _vectorJacobian = new TorchEvaluator(product);
        _vectorJacobianWeights = [.. product.Weights.Select(weight => weights[weight.Name])];
    }

    /// <summary>What the model was trained by.</summary>
    public TrainingRecipe Recipe { get; }

    /// <summary>Compares every part, and whole solves at equal evaluations, on a set of inputs.</summary>
    /// <param name="inputs">Encoder inputs, <c>[InputLength]</c> each.</param>
    /// <param name="seed">Draws the states and cotangents at which the cell is compared.</param>
    /// <returns>The largest absolute difference of any number, by what was compared.</returns>
    public IReadOnlyList<VerifiedPart> Run(IReadOnlyList<float[]> inputs, int seed)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        var random = new Random(seed);
        var differences = new SortedDictionary<string, double>(StringComparer.Ordinal);
        using OnnxLane lane = _bundle.Model.OpenLane(capacity: 1);
        int slots = lane.Space.Allocate(3);
        foreach (float[] input in inputs)
        {
            using IDisposable step = NewDisposeScope();
            Tensor x = _network.Encode(tensor(input, [1, Recipe.Input.Channels, Recipe.Input.Height, Recipe.Input.Width]));
            lane.Encode(input, 0);
            TensorDifference.Note(differences, "encoder: x", x, lane.Injection(0));
            CompareCell(lane, slots, x, random, differences);
            foreach (IFixedPointMethod method in ComparedMethods.All)
            {
                CompareSolve(method, input, x, differences);
            }
        }

        return [.. differences.Select(entry => new VerifiedPart(entry.Key, entry.Value))];
    }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();

    private void CompareCell(OnnxLane lane, int slots, Tensor x, Random random, SortedDictionary<string, double> differences)
    {
        Span<float> z = lane.Space.Row(slots, 0);
        Span<float> u = lane.Space.Row(slots + 1, 0);
        for (int i = 0; i < z.Length; i++)
        {
            (z[i], u[i]) = (random.NextSingle() - 0.5f, random.NextSingle() - 0.5f);
        }

        Tensor state = tensor(z.ToArray(), [1, z.Length]);
        lane.Evaluate(slots, slots + 2, rows: 1);
        TensorDifference.Note(differences, "cell: f(z, x)", _network.Evaluate(state, x), lane.Space.Row(slots + 2, 0));
        if (lane.VectorJacobian is { } product)
        {
            product.Evaluate(slots, slots + 1, slots + 2, rows: 1);
            Tensor torch = _vectorJacobian.Run([state, x, tensor(u.ToArray(), [1, u.Length])], _vectorJacobianWeights)[0];
            TensorDifference.Note(differences, "cell: uᵀ·∂f/∂z", torch, lane.Space.Row(slots + 2, 0));
        }

        float[] logits = new float[_bundle.Model.OutputLength];
        lane.Decode(slots, 0, logits);
        TensorDifference.Note(differences, "decoder: logits", _network.Decode(state), logits);
    }

    /// <summary>The same loop and method on both sides, made to spend exactly the default budget's half.</summary>
    private void CompareSolve(IFixedPointMethod method, float[] input, Tensor x, SortedDictionary<string, double> differences)
    {
        int evaluations = Math.Max(1, _bundle.Manifest.Defaults.MaxEvaluations / 2);
        RowGrant grant = RowGrant.Of(double.Epsilon, evaluations);
        using var solver = new TorchSolver(1, _graphs.StateWidth, method, (z, companions) => _network.Evaluate(z, companions[0]));
        TorchSolution torch = solver.Solve(zeros(1, _graphs.StateWidth), grant, x);
        using OnnxLane lane = _bundle.Model.OpenLane(capacity: 1);
        var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
        batch.Join(grant, out int row);
        lane.Encode(input, row);
        float[] logits = new float[_bundle.Model.OutputLength];
        FixedPoint.Run(batch, done => lane.Decode(done.Slot, done.Row, logits));
        TensorDifference.Note(differences, $"logits after {evaluations} evaluations: {method.Name}", _network.Decode(torch.State), logits);
    }

    private void Collect(string path, Dictionary<string, Tensor> weights)
    {
        IReadOnlyDictionary<string, float[]> values = OnnxWeights.Read(File.ReadAllBytes(path));
        foreach (Weight weight in _graphs.Weights.Where(weight => values.ContainsKey(weight.Name)))
        {
            weights[weight.Name] = tensor(values[weight.Name], [.. weight.Extents.Select(extent => (long)extent)]);
        }
    }
}

/// <summary>One comparison of a verification.</summary>
/// <param name="Part">What was compared.</param>
/// <param name="LargestDifference">Largest absolute difference of any number; NaN when either side was not a number.</param>
public sealed record VerifiedPart(string Part, double LargestDifference);
