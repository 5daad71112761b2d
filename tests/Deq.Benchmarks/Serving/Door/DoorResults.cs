using System.Globalization;
using System.Text;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>What the server's door bears: reloads, requests, guesses, mutations, floods. Each row can be measured alone; the page keeps those that were measured before.</summary>
internal static class DoorResults
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- door";

    private static readonly (string Name, Func<double, Task<DoorRow>> MeasureAsync)[] s_rows =
    [
        ("reload", Reloads.MeasureAsync),
        ("requests", ProtocolRequests.MeasureAsync),
        ("rpc", RpcRequests.MeasureAsync),
        ("guesses", KeyGuesses.MeasureAsync),
        ("mutated", Mutations.MeasureAsync),
        ("shares", KeyShares.MeasureAsync),
    ];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--row", "--scale") is not { } report)
        {
            return 2;
        }

        if (report["--row"] is { } row && s_rows.All(each => each.Name != row))
        {
            Console.Error.WriteLine($"'{row}' is no row; there are {string.Join(", ", s_rows.Select(each => each.Name))}.");
            return 2;
        }

        if (!double.TryParse(report["--scale"] ?? "1", NumberStyles.Float, CultureInfo.InvariantCulture, out double scale) || scale is not (> 0 and <= 1))
        {
            Console.Error.WriteLine($"--scale is '{report["--scale"]}'; it is above 0 and at most 1.");
            return 2;
        }

        List<DoorRow> rows = report.Earlier<List<DoorRow>>() ?? [];
        foreach ((string name, Func<double, Task<DoorRow>> measureAsync) in s_rows.Where(each => report["--row"] is null || each.Name == report["--row"]))
        {
            rows.RemoveAll(earlier => earlier.Name == name);
            rows.Add(measureAsync(scale).GetAwaiter().GetResult());
        }

        rows = [.. rows.OrderBy(each => Array.FindIndex(s_rows, known => known.Name == each.Name))];
        report.Write(Page(rows), rows);
        return 0;
    }

    private static string Page(IEnumerable<DoorRow> rows)
    {
        var page = new StringBuilder();
        page.AppendLine("# What the door bears").AppendLine();
        page.AppendLine($"`{Command} --json docs/results/door.json --markdown docs/results/door.md`").AppendLine();
        page.AppendLine(
            $"The built server over `{DoorServer.Model}`, or where the row says so over all models that ship, and clients of the same machine with {Environment.ProcessorCount} processors. `--row` measures one row, `--scale 0.01` a hundredth of its load; rows measured so are marked *in part*.").AppendLine();
        page.AppendLine("| row | load | measured | must be | |").AppendLine("|---|---|---|---|---|");
        foreach (DoorRow row in rows)
        {
            page.AppendLine($"| {row.Name} | {row.Load}{(row.IsWhole ? "" : ", *in part*")} | {row.Measured} | {row.MustBe} | {(row.IsMet ? "met" : "**missed**")} |");
        }

        return page.ToString();
    }
}
