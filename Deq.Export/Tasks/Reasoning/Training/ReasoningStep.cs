using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.Tasks.Reasoning;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>
/// What one step minimizes: draw puzzles, starts and a budget; evaluate without gradient, then the last few times with it; loss at the end.
/// </summary>
/// <param name="recipe">Everything a step is decided by.</param>
/// <param name="network">The graphs.</param>
/// <param name="state">The tensors; shared.</param>
/// <param name="device">Where training runs.</param>
internal sealed class ReasoningStep(ReasoningRecipe recipe, EquilibriumNetwork network, TrainingState state, Device device) : IDisposable
{
    private readonly IPuzzleSource[] _sources = [.. recipe.Puzzles.Select(PuzzleCatalogue.Make)];

    /// <summary>Where the solves of the last batch ended; null before the first one and where no start is taken from them. Owned.</summary>
    public Tensor? Ends { get; set; }

    /// <summary>Computes the loss of a step; its tensors belong to the dispose scope of the caller.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    public StepObjective Make(int step)
    {
        var random = new SplitMix64(recipe.Seed, stream: 3, item: step);
        IPuzzleSource source = _sources[step % _sources.Length];
        TokenVocabulary vocabulary = source.Vocabulary;
        ReasoningBatch batch = ReasoningBatch.Of(source.Draw(ref random, recipe.Training.BatchSize), vocabulary, device);
        ReasoningSolveRecipe solve = recipe.Solve;
        double progress = step / (double)recipe.Training.Steps;
        int mostFree = (int)Math.Round(solve.MostFreeAtFirst + (progress * (solve.MostFree - solve.MostFreeAtFirst)));
        int free = solve.FewestFree + random.NextBelow(Math.Max(1, mostFree - solve.FewestFree + 1));
        int steps = solve.FewestSteps + random.NextBelow(solve.MostSteps - solve.FewestSteps + 1);
        using var generator = new Generator(random.Next());

        BoundNetwork bound = network.Bind(state.Parameters.Compose(training: true));
        Tensor[] x = bound.Encode(batch.Tokens);
        Tensor start = ReasoningStarts.Mixed(network.StateSizes(batch.Tokens), batch.Tokens, solve, Ends, generator);
        Tensor near = bound.Iterate(
            start, [.. x.Select(part => part.detach())], free, solve.StateNoise > 0 ? z => z.Plus(Draws.Normal(z.shape, z, generator).Times(solve.StateNoise)) : null);

        // The last evaluation is apart from those before it: its change is what is penalised and logged.
        using var gradient = new PhantomUnrolled(steps - 1, damping: 1);
        Tensor before = steps == 1 ? near : gradient.Attach(z => bound.Evaluate(z, x), TorchSolution.Given(near)).State;
        Tensor last = bound.Evaluate(before, x);
        Keep(last);
        Tensor logits = bound.Decode(last);
        Tensor loss = nn.functional.cross_entropy(logits, batch.Targets, ignore_index: ReasoningBatch.Ignored);
        Tensor change = BoundNetwork.Residual(before, last);
        Tensor total = solve.ChangePenalty > 0 ? loss.Plus(change.mean().Times(solve.ChangePenalty)) : loss;
        return new StepObjective { Loss = total, Measure = () => Measure(batch, logits, change) };
    }

    /// <inheritdoc/>
    public void Dispose() => Ends?.Dispose();

    private void Keep(Tensor ends)
    {
        if (recipe.Solve.OthersShare > 0)
        {
            Ends?.Dispose();
            Ends = ends.detach().DetachFromDisposeScope();
        }
    }

    private static IEnumerable<Measured> Measure(ReasoningBatch batch, Tensor logits, Tensor change)
    {
        using IDisposable off = no_grad();
        return
        [
            new("training_exact", batch.IsExact(logits).to(ScalarType.Float32).mean().item<float>(), 1),
            new("training_change", change.median().item<float>(), 1),
        ];
    }
}

/// <summary>Where solves of a batch start.</summary>
internal static class ReasoningStarts
{
    /// <summary>Zeros in a share of the rows, other puzzles' ends in another, chosen row by row, and noise in the rest.</summary>
    /// <param name="shape">Of the states, rows first.</param>
    /// <param name="like">Gives precision and device.</param>
    /// <param name="solve">Shares and deviation.</param>
    /// <param name="ends">Other puzzles' ends; null, or of another shape, are noise.</param>
    /// <param name="random">On the processor.</param>
    public static Tensor Mixed(long[] shape, Tensor like, ReasoningSolveRecipe solve, Tensor? ends, Generator random)
    {
        using IDisposable off = no_grad();
        if (solve.ZeroShare >= 1)
        {
            return zeros(shape, dtype: like.dtype, device: like.device);
        }

        long[] perRow = [shape[0], .. Enumerable.Repeat(1L, shape.Length - 1)];
        Tensor drawn = Draws.Uniform(perRow, like, random);
        Tensor isNoise = drawn.ge(HeldScalar.Of(solve.ZeroShare)).to(like.dtype);
        Tensor start = Draws.Normal(shape, like, random).mul_(isNoise).Times(solve.Noise);
        return ends is not null && solve.OthersShare > 0 && ends.shape.SequenceEqual(shape)
            ? where(drawn.ge(HeldScalar.Of(1 - solve.OthersShare)), ends.to(like.device), start)
            : start;
    }
}
