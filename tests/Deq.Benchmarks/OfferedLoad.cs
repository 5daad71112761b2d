using System.Diagnostics;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Benchmarks;

/// <summary>
/// Requests of unequal difficulty that arrive whether or not earlier ones are answered: exponential gaps, difficulties log-uniform over a
/// decade of evaluations, deadlines uniform in a range. Seeded, so that engines are offered the same.
/// </summary>
internal sealed class OfferedLoad
{
    private const int LeastEvaluations = 4;
    private const int MostEvaluations = 40;

    /// <summary>Inputs are taken in turn.</summary>
    public required IReadOnlyList<float[]> Inputs { get; init; }

    /// <summary>Arrivals per second on average.</summary>
    public required double PerSecond { get; init; }

    public required int Requests { get; init; }

    /// <summary>The shortest and the longest deadline.</summary>
    public required (int Least, int Most) DeadlineMs { get; init; }

    /// <summary>Offers everything to an engine and waits for the answers.</summary>
    public async Task<LoadOutcome> OfferAsync(InferenceEngine engine)
    {
        var random = new Random(7);
        var accepted = new List<(TimeSpan Deadline, Task<InferenceAnswer<int>> Answer)>();
        int refused = 0;
        long begun = Stopwatch.GetTimestamp();
        TimeSpan due = TimeSpan.Zero;
        for (int i = 0; i < Requests; i++)
        {
            due += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / PerSecond);
            int evaluations = (int)Math.Round(LeastEvaluations * Math.Pow((double)MostEvaluations / LeastEvaluations, random.NextDouble()));
            TimeSpan deadline = TimeSpan.FromMilliseconds(random.Next(DeadlineMs.Least, DeadlineMs.Most + 1));
            while (Stopwatch.GetElapsedTime(begun) < due)
            {
                Thread.Sleep(1);
            }

            InferenceRequest<int> request = RequestOf(Inputs[i % Inputs.Count], evaluations) with
            {
                Budget = new Budget { Evaluations = evaluations, Time = deadline },
            };
            if (engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<int>>> answers).Outcome == Admission.Accepted)
            {
                accepted.Add((deadline, answers[0]));
            }
            else
            {
                refused++;
            }
        }

        InferenceAnswer<int>[] all = await Task.WhenAll(accepted.Select(each => each.Answer));
        return LoadOutcome.Of(
            [.. accepted.Zip(all, (each, answer) => (each.Deadline, answer))], refused, Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>A request that uses up its evaluations: the tolerance is out of reach.</summary>
    public static InferenceRequest<int> RequestOf(float[] input, int evaluations) => new()
    {
        Input = numbers => input.CopyTo(numbers),
        Output = logits => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits),
        Method = FixedPointMethods.Named("anderson"),
        Tolerance = new Tolerance { Relative = 1e-30 },
        Budget = new Budget { Evaluations = evaluations },
    };
}

/// <summary>What became of an offered load. Times in milliseconds.</summary>
/// <param name="Offered">Requests.</param>
/// <param name="Refused">Requests not accepted.</param>
/// <param name="Complete">Answers within the deadline with every evaluation that was asked for.</param>
/// <param name="InTime">Answers within the deadline, the incomplete included.</param>
/// <param name="CompletePerSecond">Goodput.</param>
/// <param name="P50">Median from acceptance to answer.</param>
/// <param name="P99">99th percentile of the same.</param>
/// <param name="OvershootP99">99th percentile of how long after its deadline an answer came; 0 when before.</param>
/// <param name="OvershootMost">The largest of the same.</param>
internal sealed record LoadOutcome(
    int Offered, int Refused, int Complete, int InTime, double CompletePerSecond, double P50, double P99, double OvershootP99, double OvershootMost)
{
    public static LoadOutcome Of(IReadOnlyList<(TimeSpan Deadline, InferenceAnswer<int> Answer)> answers, int refused, TimeSpan took)
    {
        double[] elapsed = [.. answers.Select(each => each.Answer.Elapsed.TotalMilliseconds).Order()];
        double[] overshoot = [.. answers.Select(each => Math.Max(0, (each.Answer.Elapsed - each.Deadline).TotalMilliseconds)).Order()];
        int complete = answers.Count(each => each.Answer.Elapsed <= each.Deadline && each.Answer.Solution.Stop == StopReason.Evaluations);
        return new LoadOutcome(
            answers.Count + refused,
            refused,
            complete,
            answers.Count(each => each.Answer.Elapsed <= each.Deadline),
            complete / took.TotalSeconds,
            At(elapsed, 0.5),
            At(elapsed, 0.99),
            At(overshoot, 0.99),
            overshoot[^1]);
    }

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
