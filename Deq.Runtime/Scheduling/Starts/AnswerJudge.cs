using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Runtime.Scheduling.Starts;

/// <summary>Whether the answer on which a solve has settled is accepted. Runs on an engine thread; what it throws becomes the request's failure.</summary>
/// <param name="output">The decoder's output, <c>[OutputLength]</c>; valid during the call.</param>
public delegate bool AcceptOutput(ReadOnlySpan<float> output);

/// <summary>Writes z₀ of another start.</summary>
/// <param name="restart">How often the solve has begun again, this time included: at least 1.</param>
/// <param name="state"><c>[StateWidth]</c>, to be filled completely; valid during the call.</param>
public delegate void WriteStart(int restart, Span<float> state);

/// <summary>Judges the answer of a solve whenever its residual meets the tolerance, so that one that is refused ends neither the solve nor its rivals.</summary>
/// <remarks>
/// A state that meets the tolerance may still be moving: of 111 refused answers that became right when the solve went on, half did within 24 evaluations. So
/// a refused solve goes on at first, and begins again from another start once it was refused <see cref="MostRefusals"/> times, or ends in a cycle or without finite numbers.
/// All of it counts against the one budget.
/// </remarks>
public sealed record AnswerJudge
{
    /// <summary>Evaluations within the tolerance after which a start is given up: refused states that had come to rest fell to a fifth of the tolerance in about as many.</summary>
    public const int MostRefusals = 24;

    /// <summary>Says which answers are accepted.</summary>
    public required AcceptOutput Accepts { get; init; }

    /// <summary>Makes further starts. Default null: there are none, and a solve that is given up ends as <see cref="StopReason.Refused"/>.</summary>
    public WriteStart? Restart { get; init; }

    /// <summary>Lets a row that a step has finished end, go on or begin again. Allocates only for a further start.</summary>
    /// <param name="lane">The lane of the batch.</param>
    /// <param name="batch">Has the row.</param>
    /// <param name="finished">Its place in <see cref="RunningBatch.Finished"/>; it is removed from there unless it ends.</param>
    /// <param name="stateWidth">Numbers of a state.</param>
    /// <param name="output">Memory of one output; holds the answer where it was refused.</param>
    /// <returns>Whether an answer was refused.</returns>
    public bool Refuses(IModelLane lane, RunningBatch batch, int finished, int stateWidth, float[] output)
    {
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(batch);
        FinishedRow done = batch.Finished[finished];
        StopReason stop = done.Solution.Stop;
        if (stop is not (StopReason.Tolerance or StopReason.Cycle or StopReason.Diverged))
        {
            return false;
        }

        if (done.Solution.HasFiniteState)
        {
            lane.Decode(done.Slot, done.Row, output);
            if (Accepts(output))
            {
                return false;
            }
        }

        if (stop == StopReason.Tolerance && batch.Refusals(finished) + 1 < MostRefusals)
        {
            batch.TryGoOn(finished);
        }
        else if (!TryBeginAgain(lane, batch, finished, stateWidth) && batch.Finished[finished].Solution.Converged)
        {
            batch.Refuse(finished);
        }

        return done.Solution.HasFiniteState;
    }

    private bool TryBeginAgain(IModelLane lane, RunningBatch batch, int finished, int stateWidth)
    {
        int restart = batch.Finished[finished].Solution.Restarts + 1;
        if (Restart is null || !batch.TryBeginAgain(finished, out int row))
        {
            return false;
        }

        float[] state = new float[stateWidth];
        Restart(restart, state);
        StartTrials.Place(lane, batch, row, state);
        return true;
    }
}
