using Deq.Export.Bundling;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;
using TorchSharp;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>Compares the ONNX graphs of a reasoner's bundle with the graphs of its recipe, evaluated by Torch with the weights that the files hold.</summary>
public sealed class ReasoningVerification : IDisposable
{
    private const int Evaluations = 8;

    private readonly ModelBundle _bundle;
    private readonly ReasoningNetwork _network;
    private readonly BoundReasoner _reasoner;
    private readonly IPuzzleSource _source;
    private readonly DisposeScope _scope = NewDisposeScope();

    /// <summary>Rebuilds the Torch side from the bundle alone.</summary>
    /// <param name="bundle">An open bundle that carries its recipe; stays the caller's.</param>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or its weights are not those of the recipe.</exception>
    public ReasoningVerification(ModelBundle bundle)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        _bundle = bundle;
        string path = Path.Combine(bundle.Directory, BundleFileNames.Recipe);
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{bundle.Directory} has no {BundleFileNames.Recipe}: only bundles that export wrote can be verified.");
        }

        ReasoningRecipe recipe = ReasoningRecipeReader.Read(path);
        _source = PuzzleCatalogue.Make(recipe.Puzzles[0]);
        ReasonerGraphs graphs = ReasonerCatalogue.Build(recipe.Architecture, _source.Vocabulary);
        ModelPart[] parts = [bundle.Manifest.Encoder, bundle.Manifest.Cell, bundle.Manifest.Decoder];
        Dictionary<string, float[]> values = parts
            .SelectMany(part => OnnxWeights.Read(File.ReadAllBytes(Path.Combine(bundle.Directory, part.File))))
            .GroupBy(weight => weight.Key, weight => weight.Value, StringComparer.Ordinal)
            .ToDictionary(weight => weight.Key, weight => weight.First(), StringComparer.Ordinal);
        string[] missing = [.. graphs.Weights.Select(weight => weight.Name).Where(name => !values.ContainsKey(name))];
        if (missing.Length > 0)
        {
            throw new InvalidDataException($"{bundle.Directory} does not hold the weights of its recipe: {missing[0]} is missing.");
        }

        _network = new ReasoningNetwork(graphs);
        _reasoner = _network.Bind(graphs.Weights.ToDictionary(
            weight => weight.Name, weight => tensor(values[weight.Name], [.. weight.Extents.Select(extent => (long)extent)]), StringComparer.Ordinal));
    }

    /// <summary>Compares every part, and some plain evaluations in a row, on drawn puzzles and random states.</summary>
    /// <param name="count">How many puzzles.</param>
    /// <param name="seed">Draws them and the states.</param>
    /// <returns>The largest absolute difference of any number, by what was compared.</returns>
    public IReadOnlyList<VerifiedPart> Run(int count, int seed)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        var random = new RandomNumbers.SplitMix64(seed);
        var differences = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (TokenGrid question in _source.Draw(ref random, count).Select(puzzle => puzzle.Question))
        {
            using IDisposable step = NewDisposeScope();
            Compare(question, seed, differences);
        }

        return [.. differences.Select(entry => new VerifiedPart(entry.Key, entry.Value))];
    }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();

    private void Compare(TokenGrid question, int seed, SortedDictionary<string, double> differences)
    {
        bool isFree = _bundle.Manifest.Input.Sizes is not null;
        OnnxModel model = _bundle.Model.At(isFree ? new ShapeKey(question.Height, question.Width) : default);
        using OnnxLane lane = model.OpenLane(capacity: 1);
        int slots = lane.Space.Allocate(2);
        float[] input = new float[model.InputLength];
        TokenAnswer.Fill(question, input);
        Tensor tokens = tensor(input, [1, 1, question.Height, question.Width]);
        Tensor x = _reasoner.Encode(tokens);
        lane.Encode(input, 0);
        TensorDifference.Note(differences, "encoder: x", x, lane.Injection(0));

        StartNoise.Fill(lane.Space.Row(slots, 0), seed, start: 1, deviation: 1);
        Tensor z = tensor(lane.Space.Row(slots, 0).ToArray(), _network.StateShape(tokens));
        lane.Evaluate(slots, slots + 1, rows: 1);
        TensorDifference.Note(differences, "cell: f(z, x)", _reasoner.Evaluate(z, x), lane.Space.Row(slots + 1, 0));
        float[] logits = new float[model.OutputLength];
        lane.Decode(slots, 0, logits);
        TensorDifference.Note(differences, "decoder: logits", _reasoner.Decode(z), logits);

        lane.Space.Row(slots, 0).Clear();
        for (int i = 0; i < Evaluations; i++)
        {
            lane.Evaluate(slots + (i % 2), slots + ((i + 1) % 2), rows: 1);
        }

        Tensor last = _reasoner.Iterate(zeros(_network.StateShape(tokens)), x, Evaluations);
        TensorDifference.Note(differences, $"state after {Evaluations} evaluations", last, lane.Space.Row(slots, 0));
    }
}
