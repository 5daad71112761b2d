using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Follows the decoded answer of one running row: reports it after each evaluation and counts for how many it has stayed the same.</summary>
/// <remarks>
/// An evaluation that brought no better iterate says nothing about the answer: it is reported with the answer as it was, and counts
/// neither as a change nor as stability.
/// </remarks>
internal sealed class AnswerWatch<TResult>(InferenceRequest<TResult> request)
{
    private double _residual = double.PositiveInfinity;
    private TResult? _latest;
    private bool _hasLatest;
    private int _unchanged;
    private int _reported;

    /// <summary>Takes in an evaluation of a running row.</summary>
    /// <param name="output">The decoder's output at its best iterate; empty while none is finite.</param>
    /// <param name="standing">Where the row stands.</param>
    /// <param name="energy">Of the newest iterate; null where it is not asked for.</param>
    /// <returns>Whether the answer has been the same for as long as was asked for.</returns>
    public bool IsStableAfter(ReadOnlySpan<float> output, RowStanding standing, double? energy)
    {
        if (standing.Residual < _residual)
        {
            TResult result = request.Output(output);
            bool isSame = _hasLatest && request.IsSame is { } same && same(_latest!, result);
            _unchanged = isSame ? _unchanged + 1 : 0;
            (_latest, _hasLatest, _residual) = (result, true, standing.Residual);
        }

        Report(standing.Evaluations, standing.Residual, _latest, standing.Restarts, energy);
        return _unchanged >= request.UntilStable;
    }

    /// <summary>Reports the answer itself, unless its evaluation was reported before.</summary>
    public void End(TResult? result, RowSolution solution, double? energy)
    {
        if (solution.Evaluations > _reported)
        {
            Report(solution.Evaluations, solution.Residual, result, solution.Restarts, energy);
        }
    }

    /// <summary>Reports an answer that was refused, and forgets it: any that follows is better.</summary>
    public void Refuse(TResult result, RowSolution solution)
    {
        End(result, solution, energy: null);
        (_residual, _latest, _hasLatest, _unchanged) = (double.PositiveInfinity, default, false, 0);
    }

    /// <summary>Forgets everything: the solve begins anew.</summary>
    public void Forget() => (_residual, _latest, _hasLatest, _unchanged, _reported) = (double.PositiveInfinity, default, false, 0, 0);

    private void Report(int evaluations, double residual, TResult? result, int restarts, double? energy)
    {
        _reported = evaluations;
        request.Progress?.Invoke(new IterateReport<TResult>(evaluations, residual, result, restarts) { Energy = energy });
    }
}
