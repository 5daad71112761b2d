namespace Deq.Benchmarks.Serving;

/// <summary>How punctual answers are: requests whose deadline comes before their solve could end.</summary>
/// <param name="Requests">Sent, with deadlines of 1 to 200 ms.</param>
/// <param name="Answered">Answered.</param>
/// <param name="Refused">Refused because the deadline could not be met.</param>
/// <param name="WithResidual">Answers that say a residual.</param>
/// <param name="EvaluationMs">What one evaluation of one thread's rows takes.</param>
/// <param name="OvershootP50Ms">Median of how much later than its deadline an answer was ready; negative is earlier.</param>
/// <param name="OvershootP99Ms">The 99th percentile.</param>
/// <param name="ClientOvershootP99Ms">The 99th percentile as the client sees it.</param>
internal sealed record DeadlineRow(
    int Requests, int Answered, int Refused, int WithResidual, double EvaluationMs, double OvershootP50Ms, double OvershootP99Ms, double ClientOvershootP99Ms)
{
    private const int Count = 1000;
    private const int LongestMs = 200;
    private const double PerSecond = 100;

    public static async Task<DeadlineRow> MeasureAsync(ApiProcess server, string model, LoadMix mix, int seed)
    {
        var random = new Random(seed);
        LoadRequest[] requests = [.. mix.Poisson(PerSecond, TimeSpan.FromSeconds(2 * Count / PerSecond)).Take(Count)
            .Select(request => request with { Tolerance = 1e-5, MaxEvaluations = 100, DeadlineMs = random.Next(1, LongestMs + 1) })];
        IReadOnlyList<LoadOutcome> outcomes = await new LoadDriver(server, model).SendAsync(requests, retries: false);
        LoadOutcome[] answers = [.. outcomes.Where(outcome => outcome.Status == 200)];
        double[] overshoots = [.. answers.Select(answer => answer.SpentMs - answer.Request.DeadlineMs)];
        return new DeadlineRow(
            requests.Length,
            answers.Length,
            outcomes.Count(outcome => outcome.Status is 503 or 429),
            answers.Count(answer => answer.HasResidual),
            (await server.StateAsync(model)).EvaluationMs,
            Quantiles.Of(overshoots, 0.5),
            Quantiles.Of(overshoots, 0.99),
            Quantiles.Of(answers.Select(answer => answer.LatencyMs - answer.Request.DeadlineMs), 0.99));
    }
}
