using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>What one line of a validation found.</summary>
/// <param name="ExactShare">Puzzles whose every decided place is right, from zero.</param>
/// <param name="NoiseShare">The same from noise.</param>
/// <param name="Residual">Relative residual of the last state from zero, the median.</param>
/// <param name="Alignment">Mean cosine between where solves from zero and from another puzzle's last state end.</param>
internal sealed record ReasoningTestReport(double ExactShare, double NoiseShare, double Residual, double Alignment);

/// <summary>Solves puzzles that training does not draw, by plain iteration, from zero, from noise and from another puzzle's end.</summary>
/// <param name="recipe">Puzzles and budgets.</param>
/// <param name="network">The graphs.</param>
/// <param name="device">Where it runs.</param>
internal sealed class ReasoningValidation(ReasoningRecipe recipe, EquilibriumNetwork network, Device device)
{
    private const int RowsAtOnce = 64;

    // Another stream than any that training draws from.
    private const int Stream = 5;

    private readonly IPuzzleSource[] _sources = [.. recipe.Validation.Select(test => PuzzleCatalogue.Make(test.Puzzles))];

    /// <summary>Measures parameters, one report per line of the recipe.</summary>
    public IReadOnlyList<ReasoningTestReport> Run(ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        BoundNetwork bound = network.Bind(parameters.Compose());
        return [.. recipe.Validation.Select((test, i) => Measure(bound, test, _sources[i], i))];
    }

    private ReasoningTestReport Measure(BoundNetwork bound, ReasoningTestRecipe test, IPuzzleSource source, int line)
    {
        var parts = new List<(double Exact, double FromNoise, double Alignment)>();
        var residuals = new List<float>();
        for (int first = 0; first < test.Count; first += RowsAtOnce)
        {
            using IDisposable scope = NewDisposeScope();
            var random = new SplitMix64(recipe.Seed, Stream + line, first);
            int rows = Math.Min(RowsAtOnce, test.Count - first);
            ReasoningBatch batch = ReasoningBatch.Of(source.Draw(ref random, rows), source.Vocabulary, device);
            using var generator = new Generator(random.Next());
            long[] shape = network.StateSizes(batch.Tokens);
            Tensor[] x = bound.Encode(batch.Tokens);
            Tensor cold = bound.Iterate(zeros(shape, device: device), x, test.Evaluations);
            Tensor noisy = bound.Iterate(ReasoningStarts.Mixed(shape, batch.Tokens, recipe.Solve with { ZeroShare = 0 }, ends: null, generator), x, test.Evaluations);
            Tensor other = bound.Iterate(cold.roll(1, 0), x, test.Evaluations);
            residuals.AddRange(BoundNetwork.Residual(cold, bound.Evaluate(cold, x)).cpu().data<float>().ToArray());
            parts.Add((
                Share(batch.IsExact(bound.Decode(cold))) * rows,
                Share(batch.IsExact(bound.Decode(noisy))) * rows,
                nn.functional.cosine_similarity(cold.flatten(1), other.flatten(1)).sum().item<float>()));
        }

        return new ReasoningTestReport(
            parts.Sum(part => part.Exact) / test.Count,
            parts.Sum(part => part.FromNoise) / test.Count,
            residuals.Order().ElementAt(test.Count / 2),
            parts.Sum(part => part.Alignment) / test.Count);
    }

    private static double Share(Tensor rows) => rows.to(ScalarType.Float32).mean().item<float>();
}
