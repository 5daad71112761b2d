namespace Deq.Runtime.FixedPoints;

/// <summary>Why a row's solve ended. Only <see cref="Tolerance"/> means converged; the others are outcomes, not exceptions.</summary>
public enum StopReason
{
    /// <summary>The residual met the tolerance.</summary>
    Tolerance,

    /// <summary>The evaluations were spent first; the state is the best iterate seen.</summary>
    Evaluations,

    /// <summary>The time was spent first; the state is the best iterate seen.</summary>
    Deadline,

    /// <summary>The caller went away; the state is the best iterate seen.</summary>
    Cancelled,

    /// <summary>f produced NaN or infinity, also from the best finite iterate. The state is that iterate, if there was one.</summary>
    Diverged,

    /// <summary>
    /// The decoded answer stayed the same for as many evaluations as the request asks for; the state is the best iterate seen.
    /// </summary>
    Stable,

    /// <summary>The states repeat with a period, see <see cref="RowSolution.Period"/>: no further evaluation would bring anything new. The state is the best iterate seen.</summary>
    Cycle,

    /// <summary>Another solve, of which one is enough, converged first; the state is the best iterate seen, if there was one.</summary>
    Superseded,

    /// <summary>The residual met the tolerance, but the answer breaks the rules that its task can check, and the budget allowed no other; the state is that one.</summary>
    Refused,
}

/// <summary>The names of stop reasons, as answers, measurements and logs write them.</summary>
public static class StopReasonNames
{
    /// <summary>The reason in lower case, such as <c>tolerance</c>.</summary>
    public static string Name(this StopReason stop) => stop switch
    {
        StopReason.Tolerance => "tolerance",
        StopReason.Evaluations => "evaluations",
        StopReason.Deadline => "deadline",
        StopReason.Cancelled => "cancelled",
        StopReason.Stable => "stable",
        StopReason.Cycle => "cycle",
        StopReason.Superseded => "superseded",
        StopReason.Refused => "refused",
        _ => "diverged",
    };
}
