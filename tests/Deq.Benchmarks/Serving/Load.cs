using System.Globalization;
using Deq.Testing;

namespace Deq.Benchmarks.Serving;

/// <summary>The running server under open-loop load, with the shipped classifier: several loads, overload, static batching, deadlines.</summary>
internal static class Load
{
    private const string Model = "fashion-mnist";
    private const int Seed = 7;
    private const int OverloadFactor = 3;

    /// <summary>The same for both modes of batching: two threads, eight rows each.</summary>
    private static readonly string[] s_layout =
        ["--Engine:Threads=2", "--Engine:RowsPerThread=8", "--Engine:QueueCapacity=1000", "--Limits:ClientRequests=10000"];

    /// <summary>Options: <c>--seconds n</c>, how long each load lasts, default 20; <c>--overload n</c>, how long the overload lasts, default 60.</summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--seconds", "--overload") is not { } report)
        {
            return 2;
        }

        TimeSpan time = Seconds(report["--seconds"] ?? "20");
        TimeSpan overload = Seconds(report["--overload"] ?? "60");
        LoadNumbers numbers = MeasureAsync(time, overload).GetAwaiter().GetResult();
        report.Write(LoadPage.Of(numbers, $"--seconds {time.TotalSeconds} --overload {overload.TotalSeconds}"), numbers);
        return 0;
    }

    private static async Task<LoadNumbers> MeasureAsync(TimeSpan time, TimeSpan overload)
    {
        var mix = new LoadMix(Seed);
        var rows = new List<LoadRow>();
        double capacity;
        DeadlineRow deadlines;
        using (ApiProcess server = Start("iteration"))
        {
            capacity = await CapacityAsync(server, mix, time);
            Console.Error.WriteLine($"capacity: {capacity:F0} answers/s");
            foreach (double share in new[] { 0.5, 0.8, 1 })
            {
                rows.Add(await LoadRow.MeasureAsync("steady", "iteration", server, Model, mix, capacity, share, time, retries: false));
            }

            rows.Add(await LoadRow.MeasureAsync(
                $"{OverloadFactor} × capacity", "iteration", server, Model, mix, capacity, OverloadFactor, overload, retries: true));
            Console.Error.WriteLine("deadlines");
            deadlines = await DeadlineRow.MeasureAsync(server, Model, mix, Seed);
        }

        using (ApiProcess server = Start("static"))
        {
            await CapacityAsync(server, mix, time);
            foreach (double share in new[] { 0.5, 0.8, 1 })
            {
                rows.Add(await LoadRow.MeasureAsync("steady", "static", server, Model, mix, capacity, share, time, retries: false));
            }
        }

        return new LoadNumbers(capacity, rows, [deadlines]);
    }

    private static ApiProcess Start(string batching) => ApiProcess.Start(Repository.Folder("models"), [.. s_layout, $"--Engine:Batching={batching}"]);

    /// <summary>Also warms the server up; half the time is enough for both.</summary>
    private static async Task<double> CapacityAsync(ApiProcess server, LoadMix mix, TimeSpan time)
    {
        var driver = new LoadDriver(server, Model);
        await driver.CapacityAsync(mix, clients: 32, time / 4);
        return await driver.CapacityAsync(mix, clients: 32, time / 2);
    }

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));
}

/// <summary>Everything that the benchmark measures.</summary>
/// <param name="CapacityPerSecond">Answers per second of 32 clients that send their next request once the last is answered.</param>
/// <param name="Loads">The loads.</param>
/// <param name="Deadlines">One row.</param>
internal sealed record LoadNumbers(
    double CapacityPerSecond, IReadOnlyList<LoadRow> Loads, IReadOnlyList<DeadlineRow> Deadlines);
