using Deq.Export.RandomNumbers;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What a training step draws beside its images: where the solve starts, what it may spend, which parts of the state rest.</summary>
/// <remarks>Seed and step decide all of it, on any device; Torch's global generator belongs to the whole process.</remarks>
internal sealed class StepDraws : IDisposable
{
    private const int Stream = -2;

    private readonly TrainingRecipe _recipe;
    private readonly Generator _tensors;
    private SplitMix64 _numbers;

    public StepDraws(TrainingRecipe recipe, long step)
    {
        _recipe = recipe;
        _numbers = new SplitMix64(recipe.Seed, Stream, (int)step);
        _tensors = new Generator(_numbers.Next());
    }

    /// <summary>The names of <c>solver.start</c>.</summary>
    public static IReadOnlyList<string> Starts { get; } = ["zeros", "noise", "mixed"];

    /// <summary>z₀, <c>[rows, width]</c>: zeros, standard normals, or the first half of the rows zeros and the others normals.</summary>
    public Tensor Start(int rows, int width, Tensor like)
    {
        Tensor start = zeros(rows, width, dtype: like.dtype, device: like.device);
        int first = _recipe.Solver.Start switch { "noise" => 0, "mixed" => (rows + 1) / 2, _ => rows };
        if (first < rows)
        {
            start.narrow(0, first, rows - first).copy_(Draws.Normal([rows - first, width], like, _tensors));
        }

        return start;
    }

    /// <summary>The evaluations a solve may spend, from the least to the most alike.</summary>
    public int Budget() => _recipe.Solver.MinEvaluations is { } least && least < _recipe.Solver.MaxEvaluations
        ? least + _numbers.NextBelow(_recipe.Solver.MaxEvaluations - least + 1)
        : _recipe.Solver.MaxEvaluations;

    /// <summary>Variational dropout: for each row the parts of z that rest, 0, and the others, 1/(1 − p); the same in every evaluation. Null for none.</summary>
    public Tensor? Mask(Tensor start)
    {
        double rest = _recipe.Training.Dropout;
        return rest == 0 ? null : Draws.Uniform(start.shape, start, _tensors).ge(HeldScalar.Of(rest)).to(start.dtype).div_(HeldScalar.Of(1 - rest));
    }

    /// <summary>One of a budget's evaluations, from 1.</summary>
    public int Evaluation(int budget) => 1 + _numbers.NextBelow(budget);

    public void Dispose() => _tensors.Dispose();
}
