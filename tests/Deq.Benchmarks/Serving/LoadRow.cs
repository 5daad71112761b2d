namespace Deq.Benchmarks.Serving;

/// <summary>One row of the table of loads.</summary>
/// <param name="Scenario">What was measured.</param>
/// <param name="Batching">The engine's mode.</param>
/// <param name="OfferedPerSecond">Requests that arrived per second, retries left out.</param>
/// <param name="OfCapacity">The same as a share of the measured capacity.</param>
/// <param name="AnsweredPerSecond">Answers per second.</param>
/// <param name="GoodputPerSecond">Answers per second that came within their deadline as the client sees it.</param>
/// <param name="CompletePerSecond">Those of them that their deadline did not cut short.</param>
/// <param name="P50Ms">Median of the latency of answers as the client sees it, from when the request was due.</param>
/// <param name="P99Ms">The 99th percentile of it.</param>
/// <param name="RefusedShare">The share of requests that were refused in the end.</param>
/// <param name="Refusals">Refused attempts.</param>
/// <param name="Errors">Requests that ended neither with an answer nor with 503 or 429.</param>
/// <param name="LivenessP99Ms">The 99th percentile of the time of <c>/healthz/live</c> meanwhile.</param>
internal sealed record LoadRow(
    string Scenario,
    string Batching,
    double OfferedPerSecond,
    double OfCapacity,
    double AnsweredPerSecond,
    double GoodputPerSecond,
    double CompletePerSecond,
    double P50Ms,
    double P99Ms,
    double RefusedShare,
    int Refusals,
    int Errors,
    double LivenessP99Ms)
{
    /// <summary>Offers a load and measures.</summary>
    public static async Task<LoadRow> MeasureAsync(
        string scenario, string batching, ApiProcess server, string model, LoadMix mix, double capacity, double share, TimeSpan time, bool retries)
    {
        Console.Error.WriteLine($"{scenario}, {batching}, {share} of capacity");
        IReadOnlyList<LoadRequest> requests = mix.Poisson(share * capacity, time);
        IReadOnlyList<LoadOutcome> outcomes;
        var liveness = new Liveness(server);
        await using (liveness)
        {
            outcomes = await new LoadDriver(server, model).SendAsync(requests, retries);
        }

        double[] latencies = [.. outcomes.Where(outcome => outcome.Status == 200).Select(outcome => outcome.LatencyMs)];
        double seconds = time.TotalSeconds;
        return new LoadRow(
            scenario,
            batching,
            requests.Count / seconds,
            share,
            latencies.Length / seconds,
            outcomes.Count(outcome => outcome.IsInTime) / seconds,
            outcomes.Count(outcome => outcome.IsComplete) / seconds,
            Quantiles.Of(latencies, 0.5),
            Quantiles.Of(latencies, 0.99),
            (double)outcomes.Count(outcome => outcome.Status is 503 or 429) / requests.Count,
            outcomes.Sum(outcome => outcome.Refusals),
            outcomes.Count(outcome => outcome.IsError),
            Quantiles.Of(liveness.Milliseconds, 0.99));
    }
}
