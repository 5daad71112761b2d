namespace Deq.Benchmarks.Serving;

/// <summary>What is left of clients that go away in the middle of their solves.</summary>
/// <param name="Clients">Each with a connection and one long solve of its own.</param>
/// <param name="RunningBefore">Rows that were being solved when all went away.</param>
/// <param name="WaitingBefore">Requests that waited then.</param>
/// <param name="ClosingMs">From the first connection's end to the last one's.</param>
/// <param name="RowP50Ms">
/// From a connection's end until its request was called off, by the clock of both: it has left the queue, or leaves its row after the evaluation under
/// way. Median over the clients.
/// </param>
/// <param name="RowP99Ms">The 99th percentile of it.</param>
/// <param name="RowMostMs">The largest.</param>
/// <param name="EachP50Ms">From a connection's end until the server had ended its request, by the clock of both: median over the clients.</param>
/// <param name="EachP99Ms">The 99th percentile of it.</param>
/// <param name="EachMostMs">The largest.</param>
/// <param name="FreeAfterMs">From the last connection's end until the server had ended the last request.</param>
/// <param name="SeenFreeAfterMs">From the last connection's end until another client was told that no row was solved and nothing waited.</param>
/// <param name="SinglyP50Ms">Median of <paramref name="SeenFreeAfterMs"/> for one client after the other, each vanishing alone in the middle of its solve.</param>
/// <param name="SinglyP99Ms">The 99th percentile of it.</param>
/// <param name="EvaluationMs">What one evaluation of one thread's rows takes.</param>
/// <param name="Capacity">The most rows at a time.</param>
/// <param name="RunningAfter">Rows that ran at a time when new clients asked for more than the capacity: a lost slot would be missing.</param>
internal sealed record VanishRow(
    int Clients,
    int RunningBefore,
    int WaitingBefore,
    double ClosingMs,
    double RowP50Ms,
    double RowP99Ms,
    double RowMostMs,
    double EachP50Ms,
    double EachP99Ms,
    double EachMostMs,
    double FreeAfterMs,
    double SeenFreeAfterMs,
    double SinglyP50Ms,
    double SinglyP99Ms,
    double EvaluationMs,
    int Capacity,
    int RunningAfter);
