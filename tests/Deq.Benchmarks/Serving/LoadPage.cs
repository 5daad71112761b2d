using System.Text;

namespace Deq.Benchmarks.Serving;

/// <summary>The page of the <c>load</c> benchmark.</summary>
internal static class LoadPage
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- load";

    public static string Of(LoadNumbers numbers, string options)
    {
        var page = new StringBuilder();
        page.AppendLine("# The server under load").AppendLine();
        page.AppendLine($"`{Command} {options} --json docs/results/load.json --markdown docs/results/load.md`").AppendLine();
        page.AppendLine(
            "The built server as a process of its own on the loopback address, with the shipped classifier, two engine threads and eight rows each; the driver shares "
            + $"its {Environment.ProcessorCount} processors. Arrivals are Poisson, tolerances 0.1 to 0.001 and deadlines 50 to 400 ms, drawn from a seed. Latency counts from "
            + "when a request was due. Goodput is answers within their deadline as the client sees it; complete are those that their deadline did not cut short.").AppendLine();
        page.AppendLine($"Capacity, 32 clients in a closed loop without deadlines: **{numbers.CapacityPerSecond:F0} answers/s**.").AppendLine();
        page.AppendLine("| load | batching | offered/s | of capacity | answered/s | goodput/s | complete/s | p50 ms | p99 ms | refused in the end | refused attempts | errors | liveness p99 ms |");
        page.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (LoadRow row in numbers.Loads)
        {
            page.AppendLine(
                $"| {row.Scenario} | {row.Batching} | {row.OfferedPerSecond:F0} | {row.OfCapacity:F1} | {row.AnsweredPerSecond:F0} | {row.GoodputPerSecond:F0} | "
                + $"{row.CompletePerSecond:F0} | {row.P50Ms:F1} | {row.P99Ms:F1} | {row.RefusedShare:P1} | {row.Refusals} | {row.Errors} | {row.LivenessP99Ms:F1} |");
        }

        page.AppendLine().AppendLine("## Deadlines of 1 to 200 ms that come before the solve can end").AppendLine();
        page.AppendLine("| requests | answered | refused | with residual | one evaluation ms | overshoot p50 ms | overshoot p99 ms | as the client sees it, p99 ms |");
        page.AppendLine("|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (DeadlineRow row in numbers.Deadlines)
        {
            page.AppendLine(
                $"| {row.Requests} | {row.Answered} | {row.Refused} | {row.WithResidual} | {row.EvaluationMs:F2} | {row.OvershootP50Ms:F2} | {row.OvershootP99Ms:F2} | "
                + $"{row.ClientOvershootP99Ms:F2} |");
        }

        return page.ToString();
    }
}
