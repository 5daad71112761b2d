using Deq.Export.Tasks.Reasoning.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class ReasoningStartsSpecs
{
    private const int Rows = 2000;
    private const int Width = 3;

    private static readonly ReasoningSolveRecipe s_solve = new() { ZeroShare = 0.2, OthersShare = 0.5, Noise = 2 };

    [Fact]
    public void Rows_start_from_zero_noise_and_other_puzzles_ends_by_their_shares()
    {
        using IDisposable scope = NewDisposeScope();

        (float zero, float other, float noise) = Shares(ends: full([Rows, Width], 7f));

        Assert.InRange(zero, 0.15, 0.25);
        Assert.InRange(other, 0.45, 0.55);
        Assert.InRange(noise, 0.25, 0.35);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Noise_stands_in_for_ends_of_another_shape_and_before_there_are_any(bool hasEnds)
    {
        using IDisposable scope = NewDisposeScope();

        (float zero, float other, float noise) = Shares(hasEnds ? full([Rows, Width + 1], 7f) : null);

        Assert.InRange(zero, 0.15, 0.25);
        Assert.Equal(0, other);
        Assert.InRange(noise, 0.75, 0.85);
    }

    private static (float Zero, float Other, float Noise) Shares(Tensor? ends)
    {
        using var random = new Generator(3);
        Tensor start = ReasoningStarts.Mixed([Rows, Width], zeros([1]), s_solve, ends, random);
        float zero = Share(start.eq(zeros([1])).all(1));
        float other = Share(start.eq(full([1], 7f)).all(1));
        return (zero, other, 1 - zero - other);
    }

    private static float Share(Tensor rows) => rows.to(ScalarType.Float32).mean().item<float>();
}
