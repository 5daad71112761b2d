using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <content>How rows that are done leave the batch.</content>
internal sealed partial class MethodBatch
{
    private readonly HeldAnswers _heldAnswers = new();
    private bool _hasAnswered;

    private int AnswerFinished(long solvedAt)
    {
        int answered = 0;
        for (int i = 0; i < _batch.Finished.Count; i++)
        {
            FinishedRow row = _batch.Finished[i];
            if (_jobs.Remove(row.Ticket, out EngineJob? job))
            {
                long begun = _clock.GetTimestamp();

                // As long as the last one took: the job's account closes while it is answered.
                job.Service += _cost * _rates.Finish;
                Finish(job, row, solvedAt);
                if (_hasAnswered)
                {
                    _rates.NoteFinish(Typical(_clock.GetTimestamp() - begun));
                }

                _hasAnswered = true;
                answered++;
            }
        }

        _batch.Release();
        if (_jobs.Count == 0)
        {
            AnswerHeld();
        }

        return answered;
    }

    private void Finish(EngineJob job, FinishedRow row, long solvedAt)
    {
        if (row.Solution.Stop == StopReason.Cancelled && job.IsAbandoned)
        {
            job.Abandon();
            return;
        }

        try
        {
            _energies.Note(job, _batch, row.Row);
            if (row.Solution.HasFiniteState)
            {
                if (job.FinalState is { } final)
                {
                    _lane.Read(row.Slot, row.Row, final.Span);
                }

                _lane.Decode(row.Slot, row.Row, _output);
            }

            Answer(job, row.Solution, solvedAt);
        }
        catch (Exception fault)
        {
            job.Fail(fault);
        }
    }

    /// <summary>Answers a job with the output that was decoded; of a static batch, later.</summary>
    private void Answer(EngineJob job, RowSolution solution, long solvedAt)
    {
        if (_held is not null)
        {
            _heldAnswers.Add(job, _output, solution);
            return;
        }

        job.Answer(_output, solution, solvedAt);
        _left.Answered.Add(job);
    }

    /// <summary>Answers the rows of a static batch, all of which are done.</summary>
    private void AnswerHeld()
    {
        if (_held is not null)
        {
            _heldAnswers.Give(_left.Answered, _clock);
            _held.Clear();
        }
    }
}
