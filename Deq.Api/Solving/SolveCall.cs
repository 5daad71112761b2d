using Deq.Api.Models;
using Deq.Api.Requests;

namespace Deq.Api.Solving;

/// <summary>What is asked of a model once a request has been read, whatever protocol brought it.</summary>
internal sealed record SolveCall
{
    public required ServedModel Model { get; init; }

    /// <summary>What each part may spend.</summary>
    public required SolveGrant Grant { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<SolvePart> Parts { get; init; }

    /// <summary>Whether an answer that has not converged is refused.</summary>
    public required bool RequiresConverged { get; init; }

    /// <summary>What was solved for the same answer before. Default nothing.</summary>
    public IReadOnlyList<SolveReport> Earlier { get; init; } = [];

    /// <summary>Whether more is solved for the same answer afterwards. Default false.</summary>
    public bool IsFollowed { get; init; }

    /// <summary>What the parts may take whatever the deadline leaves, so that earlier work for the same answer is not lost. Default nothing.</summary>
    public TimeSpan LeastTime { get; init; }

    /// <summary>The clock's timestamp at which the request came.</summary>
    public required long Begun { get; init; }

    /// <summary>Receives a part's place and an event of it, of parts that have some, on an engine thread; null: not wanted.</summary>
    public Action<int, object>? Progress { get; init; }

    /// <summary>Whether the answer may be sent right from the engine thread.</summary>
    public bool ContinuesOnEngineThread { get; init; }

    /// <summary>Solves the parts within what the deadline leaves, and notes how; null when the client has left.</summary>
    /// <param name="http">Whose answer it will be.</param>
    /// <param name="path">Measures what the endpoint's answers take beside the engine.</param>
    /// <param name="clock">In whose timestamps <see cref="Begun"/> is.</param>
    /// <param name="cancellation">When the client leaves.</param>
    /// <exception cref="Problems.ProblemException">The engine has no room, or an input or a solve has a fault.</exception>
    public async Task<SolvedPart[]?> SolveAsync(HttpContext http, AnswerPath path, TimeProvider clock, CancellationToken cancellation)
    {
        long submitted = clock.GetTimestamp();
        TimeSpan left = path.Left(TimeSpan.FromMilliseconds(Grant.DeadlineMs), Begun);
        TimeSpan time = left > LeastTime ? left : LeastTime;
        var engine = new EngineCall(Model, Grant, time);
        if (await engine.SolveAsync(Parts, Progress, ContinuesOnEngineThread, cancellation) is not { } solved)
        {
            return null;
        }

        if (!IsFollowed)
        {
            TimeSpan spent = TimeSpan.FromMilliseconds(solved.Max(part => part.Report.SpentMs));
            path.NoteWhenSent(http.Response, submitted, AnswerPath.Granted(spent, time));
            SolveReport[] reports = [.. Earlier, .. solved.Select(part => part.Report)];
            RequestRecord.Of(http).Note(SolveReport.StopsOf(reports), reports.Sum(report => report.Evaluations));
        }

        return solved;
    }

    /// <summary>Refuses the answer where it must have converged and has not.</summary>
    /// <param name="reports">The solves that count as the answer.</param>
    /// <param name="isOfOne">Whether all of them are parts of one image. Default false.</param>
    /// <exception cref="Problems.ProblemException">One of them has not converged.</exception>
    public void RequireConverged(IReadOnlyList<SolveReport> reports, bool isOfOne = false)
    {
        if (RequiresConverged)
        {
            Unconverged.Refuse(reports, isOfOne);
        }
    }
}
