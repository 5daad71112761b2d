using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class RowGrantSpecs
{
    /// <summary>Of f(z) = 2z from 1 no evaluation is nearer to a fixed point than the first.</summary>
    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 8)]
    public void Answers_with_the_best_iterate_or_where_it_says_so_with_the_last(bool answersFinal, float expected)
    {
        var space = new HostStateSpace(1, 2);
        var batch = new RunningBatch(space, new Doubling(space), new PicardIteration(), TimeProvider.System);
        batch.Join(RowGrant.Of(1e-3, 3) with { AnswersFinal = answersFinal }, out int row);
        space.Row(batch.IterateSlot, row).Fill(1);

        float[] answer = new float[2];
        FixedPoint.Run(batch, done => space.Row(done.Slot, done.Row).CopyTo(answer));

        Assert.Equal([expected, expected], answer);
    }

    [Fact]
    public void Answers_with_the_last_finite_iterate_where_the_last_is_not_finite()
    {
        var space = new HostStateSpace(1, 2);
        var batch = new RunningBatch(space, new Doubling(space) { FailsFrom = 2 }, new PicardIteration(), TimeProvider.System);
        batch.Join(RowGrant.Of(1e-3, 2) with { AnswersFinal = true }, out int row);
        space.Row(batch.IterateSlot, row).Fill(1);

        float[] answer = new float[2];
        FixedPoint.Run(batch, done => space.Row(done.Slot, done.Row).CopyTo(answer));

        Assert.Equal([2f, 2f], answer);
    }

    private sealed class Doubling(HostStateSpace space) : IFixedPointMap
    {
        private int _evaluations;

        public int FailsFrom { get; init; } = int.MaxValue;

        public void Evaluate(int z, int fz, int rows)
        {
            _evaluations++;
            for (int i = 0; i < 2; i++)
            {
                space.Row(fz, 0)[i] = _evaluations >= FailsFrom ? float.NaN : 2 * space.Row(z, 0)[i];
            }
        }

        public void Move(ReadOnlySpan<RowMove> moves)
        {
            // One row has nowhere to move.
        }
    }
}
