using System.Globalization;
using System.Text;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>The page of what was measured.</summary>
internal static class FairnessPage
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- fairness";

    public static string Of(FairnessNumbers numbers)
    {
        var page = new StringBuilder();
        page.AppendLine("# One client against another").AppendLine();
        page.AppendLine($"`{Command} --json docs/results/fairness.json --markdown docs/results/fairness.md`").AppendLine();
        page.AppendLine("`--row attacks`, `hang-ups`, `memory` or `stops` measures one part and keeps the others.").AppendLine();
        AddAttacks(page, numbers.Attacks);
        if (numbers.HangUps is { } hangUps)
        {
            AddHangUps(page, hangUps);
        }

        if (numbers.Memory is { } memory)
        {
            AddMemory(page, memory);
        }

        page.AppendLine("## Stopping").AppendLine();
        page.AppendLine("| at SIGTERM | exit code | seconds to the end |").AppendLine("|---|--:|--:|");
        foreach (StopRow row in numbers.Stops)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Clients} | {row.ExitCode} | {row.Seconds:F2} |");
        }

        return page.ToString();
    }

    /// <summary>The row of an attack.</summary>
    /// <param name="row">What was measured.</param>
    /// <param name="quiet">99 % of the answers' times without an attack, in milliseconds.</param>
    public static string Line(FairnessRow row, double quiet) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {row.Attack} | {Attack.All.FirstOrDefault(attack => attack.Name == row.Attack)?.Connections ?? 0} | {row.Refused}, {row.Asked} | {row.P50Ms:F1} | {row.P99Ms:F1} | {row.P99Ms / quiet:F1} "
        + $"| {row.LiveP50Ms:F1} | {row.LiveP99Ms:F1} | {row.HeldBytesAfter:F0} |");

    private static void AddAttacks(StringBuilder page, IReadOnlyList<FairnessRow> attacks)
    {
        page.AppendLine(
            $"One address of the loopback network attacks the built server with default settings; another asks `fashion-mnist` one small question every 100 ms, {FairnessResults.Questions} times in each of {FairnessResults.Rounds} rounds; a third asks "
            + $"whether the server is alive. Attacker, clients and server are three processes that share {Environment.ProcessorCount} processors, so the first row is the attacker's absence, not its fair share.").AppendLine();
        page.AppendLine("| attack | connections | not answered, of | p50 ms | p99 ms | p99, times without | alive p50 ms | p99 ms | bytes held afterwards |").AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        double quiet = attacks.Where(row => row.Attack == "none").Select(row => row.P99Ms).DefaultIfEmpty(1).First();
        foreach (FairnessRow row in attacks)
        {
            page.AppendLine(Line(row, quiet));
        }

        foreach (FairnessRow row in attacks.Where(row => row.Failures.Count > 0))
        {
            page.AppendLine().AppendLine($"Not answered during \"{row.Attack}\": {string.Join("; ", row.Failures)}.");
        }

        page.AppendLine();
    }

    private static void AddHangUps(StringBuilder page, HangUpRow row)
    {
        page.AppendLine("## Clients that hang up").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture,
            $"{row.Clients} clients hung up, 64 at a time, half of them by a reset: a quarter in the head, a quarter in the body, a quarter up to 60 ms after all was sent, a quarter once the first bytes of the "
            + $"answer had come, whose statuses are below. {row.StackTraceLines} lines of stack traces and {row.WarningLines} warnings in the log; five seconds afterwards {row.HeldBytesAfter:F0} bytes "
            + $"were held and {row.RowsAfter} rows solved or waiting, over all models. Streams of one client were not bounded, and closed after 2 s without a frame.").AppendLine();
        page.AppendLine("| endpoint | clients | statuses of those who read |").AppendLine("|---|--:|---|");
        foreach (HangUpEndpointRow endpoint in row.Endpoints)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {endpoint.Endpoint} | {endpoint.Clients} | {endpoint.Statuses} |");
        }

        page.AppendLine();
    }

    private static void AddMemory(StringBuilder page, MemoryRow row)
    {
        page.AppendLine("## A container of 512 MiB").AppendLine();
        string group = row.PeakGroupMiB is { } peak ? string.Create(CultureInfo.InvariantCulture, $", of the group with the files it read {peak} MiB") : "";
        page.AppendLine(CultureInfo.InvariantCulture,
            $"The built server over `fashion-mnist`, `flow` and `restore`, bounded by {row.Bound}; the other settings follow from that. Eight requests at a time. "
            + $"Most memory of the process {row.PeakResidentMiB} MiB{group}; processes killed for memory: {row.KilledForMemory}; alive at the end: {(row.IsAlive ? "yes" : "**no**")}. "
            + $"Memory of the process contains what it maps of files, some 90 MiB, which the system takes back where it needs room and charges to the group that read them first.").AppendLine();
        page.AppendLine("| request | asked | statuses | refused without a number | p50 ms | most memory so far, MiB |").AppendLine("|---|--:|---|--:|--:|--:|");
        foreach (MemoryKindRow kind in row.Kinds)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {kind.Kind} | {kind.Asked} | {kind.Statuses} | {kind.RefusedWithoutNumber} | {kind.P50Ms:F0} | {kind.PeakResidentMiB} |");
        }

        page.AppendLine();
    }
}
