using Deq.Export.Graphs;
using Deq.Export.Solving;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Deq.Export.Verification;

/// <summary>Compares a bundle's ONNX graphs with the graphs of its recipe, evaluated by Torch with the weights that the files hold.</summary>
internal sealed class BundleVerification : IDisposable
{
    private readonly VerifiedModel _model;
    private readonly BoundNetwork _network;
    private readonly TorchEvaluator? _product;
    private readonly Tensor[] _productWeights;
    private readonly TorchEvaluator? _energy;
    private readonly Tensor[] _energyWeights;
    private readonly DisposeScope _scope = NewDisposeScope();

    /// <summary>Rebuilds the Torch side from the bundle alone.</summary>
    /// <param name="bundle">An open bundle; stays the caller's.</param>
    /// <param name="model">What its task says.</param>
    /// <exception cref="InvalidDataException">The bundle's weights are not those of the recipe.</exception>
    public BundleVerification(ModelBundle bundle, VerifiedModel model)
    {
        _model = model;
        Dictionary<string, Tensor> weights = BundleWeights.Read(bundle, model.Graphs);
        _network = new EquilibriumNetwork(model.Graphs).Bind(weights);
        _product = model.Product is null ? null : new TorchEvaluator(model.Product);
        _productWeights = [.. model.Product?.Weights.Select(weight => weights[weight.Name]) ?? []];
        _energy = model.Graphs.Energy is null ? null : new TorchEvaluator(model.Graphs.Energy);
        _energyWeights = [.. model.Graphs.Energy?.Weights.Select(weight => weights[weight.Name]) ?? []];
    }

    /// <summary>Compares every part, and whole solves at equal evaluations, on a group of inputs.</summary>
    /// <param name="inputs">The group.</param>
    /// <param name="seed">Draws the states and cotangents at which the cell is compared.</param>
    /// <returns>The largest difference of any number, as a share of the largest that Torch gives, by what was compared.</returns>
    public IReadOnlyList<VerifiedPart> Run(VerifiedInputs inputs, int seed)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        var random = new Random(seed);
        var differences = new SortedDictionary<string, double>(StringComparer.Ordinal);
        using OnnxLane lane = inputs.Model.OpenLane(capacity: 1);
        int slots = lane.Space.Allocate(3);
        foreach (float[] input in inputs.Values)
        {
            using IDisposable step = NewDisposeScope();
            Tensor[] x = _network.Encode(tensor(input, inputs.Sizes));
            lane.Encode(input, 0);
            for (int place = 0; place < x.Length; place++)
            {
                TensorDifference.Note(differences, $"encoder: {_model.Graphs.Encoder.Outputs[place].Name}", x[place], lane.Injection(0, place));
            }

            CompareParts(inputs.Model, lane, slots, x, random, differences);
            foreach (IFixedPointMethod method in ComparedMethods.All)
            {
                CompareSolve(inputs.Model, method, input, x, differences);
            }
        }

        return [.. differences.Select(entry => new VerifiedPart(entry.Key, entry.Value))];
    }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();

    private void CompareParts(
        OnnxModel model, OnnxLane lane, int slots, Tensor[] x, Random random, SortedDictionary<string, double> differences)
    {
        Span<float> z = lane.Space.Row(slots, 0);
        Span<float> u = lane.Space.Row(slots + 1, 0);
        for (int i = 0; i < z.Length; i++)
        {
            (z[i], u[i]) = (random.NextSingle() - 0.5f, random.NextSingle() - 0.5f);
        }

        Tensor state = StateOf(tensor(z.ToArray(), [1, z.Length]), x);
        lane.Evaluate(slots, slots + 2, rows: 1);
        string inputs = string.Join(", ", _model.Graphs.Cell.Inputs.Select(input => input.Name));
        TensorDifference.Note(differences, $"cell: f({inputs})", _network.Evaluate(state, x), lane.Space.Row(slots + 2, 0));
        if (lane.VectorJacobian is { } product && _product is not null)
        {
            product.Evaluate(slots, slots + 1, slots + 2, rows: 1);
            Tensor torch = _product.Run([state, .. x, StateOf(tensor(u.ToArray(), [1, u.Length]), x)], _productWeights)[0];
            TensorDifference.Note(differences, "cell: uᵀ·∂f/∂z", torch, lane.Space.Row(slots + 2, 0));
        }

        CompareEnergy(model, lane, slots, state, x, differences);
        float[] output = new float[model.OutputLength];
        lane.Decode(slots, 0, output);
        TensorDifference.Note(differences, $"decoder: {Output}", _network.Decode(state, x), output);
    }

    /// <summary>Compares the energy, where the bundle has it: a sum over all pixels, so that only the share of itself says anything.</summary>
    private void CompareEnergy(OnnxModel model, OnnxLane lane, int slot, Tensor state, Tensor[] x, SortedDictionary<string, double> differences)
    {
        if (_energy is null || !model.HasEnergy)
        {
            return;
        }

        IReadOnlyList<string> names = [.. _model.Graphs.Encoder.Outputs.Select(output => output.Name)];
        Tensor[] taken = [.. x.Where((_, place) => _model.Graphs.Energy!.Inputs.Any(input => input.Name == names[place]))];
        Tensor torch = _energy.Run([state, .. taken], _energyWeights)[0];
        TensorDifference.Note(differences, "energy", torch, [(float)lane.Energy(slot, 0)]);
    }

    /// <summary>The same loop and method on both sides, made to spend exactly as many evaluations.</summary>
    private void CompareSolve(OnnxModel model, IFixedPointMethod method, float[] input, Tensor[] x, SortedDictionary<string, double> differences)
    {
        RowGrant grant = RowGrant.Of(double.Epsilon, _model.Evaluations);
        using var solver = new TorchSolver(
            1, model.StateWidth, method, (z, sideInputs) => _network.Evaluate(StateOf(z, x), [.. sideInputs]).reshape(1, -1));
        TorchSolution torch = solver.Solve(zeros(1, model.StateWidth), grant, x);
        using OnnxLane lane = model.OpenLane(capacity: 1);
        var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
        batch.Join(grant, out int row);
        lane.Encode(input, row);
        lane.Start(batch.IterateSlot, row);
        float[] output = new float[model.OutputLength];
        FixedPoint.Run(batch, done => lane.Decode(done.Slot, done.Row, output));
        TensorDifference.Note(
            differences, $"{Output} after {_model.Evaluations} evaluations: {method.Name}", _network.Decode(StateOf(torch.State, x), x), output);
    }

    private string Output => _model.Graphs.Decoder.Outputs[0].Name;

    private Tensor StateOf(Tensor flat, Tensor[] x) => _model.StateSizes is null ? flat : flat.reshape(_model.StateSizes(x));
}
