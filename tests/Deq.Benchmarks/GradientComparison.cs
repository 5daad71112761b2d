using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Deq.Benchmarks;

/// <summary>Every gradient estimator: accuracy on small cells, time and memory on a trained one.</summary>
internal static class GradientComparison
{
    private const int Rows = 100;
    private static readonly int[] Evaluations = [5, 10, 20, 40];
    private static readonly string[] Remembered = ["implicit", "phantom-neumann", "phantom-unrolled", "unrolled"];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static int Run(string[] options)
    {
        if (options is ["--memory-of", string bundle, string estimator, string evaluations])
        {
            using var costs = new GradientCosts(bundle, Rows);
            Console.WriteLine(JsonSerializer.Serialize(costs.MemoryOf(estimator, int.Parse(evaluations))));
            return 0;
        }

        Dictionary<string, string> given = options.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        if (options.Length % 2 != 0 || given.Keys.Except(["--bundle", "--json", "--markdown", "--costs"]).Any())
        {
            Console.Error.WriteLine("gradients [--bundle models/fashion-mnist] [--costs yes|no] [--json file] [--markdown file]");
            return 2;
        }

        string folder = given.GetValueOrDefault("--bundle", Path.Combine("models", "fashion-mnist"));
        Accuracy[] accuracies = [.. GradientAccuracy.Measure()];
        bool hasCosts = given.GetValueOrDefault("--costs", "yes") == "yes";
        using var timed = new GradientCosts(folder, Rows);
        IReadOnlyList<Cost> times = hasCosts ? timed.Times() : [];
        Memory[] memories = !hasCosts ? [] : [.. from kind in Remembered from count in Evaluations select InOwnProcess(folder, kind, count)];
        string text = Text(accuracies, times, memories);
        Console.Write(text);
        if (given.TryGetValue("--markdown", out string? markdown))
        {
            File.WriteAllText(markdown, text);
        }

        if (given.TryGetValue("--json", out string? json))
        {
            File.WriteAllText(json, JsonSerializer.Serialize(new { accuracies, times, memories }, Json));
        }

        return 0;
    }

    /// <summary>A process's peak never falls, so each measurement has one of its own.</summary>
    private static Memory InOwnProcess(string bundle, string kind, int evaluations)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in (string[])[Path.ChangeExtension(typeof(GradientComparison).Assembly.Location, ".dll"), "gradients", "--memory-of", bundle, kind, $"{evaluations}"])
        {
            start.ArgumentList.Add(argument);
        }

        if (!Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.RemoveAt(0);
        }

        using Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonSerializer.Deserialize<Memory>(line) ?? throw new InvalidDataException(line);
    }

    private static string Text(Accuracy[] accuracies, IReadOnlyList<Cost> times, Memory[] memories)
    {
        var text = new StringBuilder();
        text.Append("""
            # Gradients through an equilibrium
            ## Against the exact gradient
            f(z) = z·Wᵀ + x in double precision, D = 32, 8 rows, W of independent normals scaled to the spectral radius ρ: far from normal, its norm is about twice ρ. ∂L/∂W against
            dense linear algebra, medians of 5 cells, in brackets the worst. Forward: to 1e-10 for `implicit`, else to 1e-5 within 60 evaluations.

            | estimator | parameters | ρ | cosine | relative error | products backward |
            |---|---|--:|--:|--:|--:|

            """);
        foreach (Accuracy row in accuracies)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Kind} | {row.Parameters} | {row.SpectralRadius} | {row.Cosine:F4} ({row.WorstCosine:F4}) | {row.RelativeError:E1} ({row.WorstRelativeError:E1}) | {row.Evaluations:F0} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"""

            ## Time on the cell of `models/fashion-mnist`
            {Rows} rows of noise, one thread, forward solve to 1e-3 within 18 evaluations, adjoint to 1e-3 within 18; processor time, medians of interleaved rounds. Backward counts everything from the
            solution to the gradients, the evaluations that are recorded for it included, but not the decoder's forward pass.

            | estimator | evaluations forward | forward ms | products backward | backward ms | × faster than implicit by anderson |
            |---|--:|--:|--:|--:|--:|

            """);
        foreach (Cost cost in times)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {cost.Name} | {cost.ForwardEvaluations:F1} | {cost.Forward:F0} | {cost.BackwardEvaluations:F1} | {cost.Backward:F0} | {times[0].Backward / cost.Backward:F2} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"""

            ## Memory as evaluations grow
            Peak resident memory of one pass by Picard iteration above what the process held before it, MiB; a process each; {Rows} rows, same cell. `implicit` solves its adjoint with as
            many evaluations.

            | estimator | {string.Join(" | ", Evaluations)} | last / first |
            |---|{string.Concat(Evaluations.Select(_ => "--:|"))}--:|

            """);
        foreach (IGrouping<string, Memory> row in memories.GroupBy(memory => memory.Kind))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Key} | {string.Join(" | ", row.Select(memory => memory.Mebibytes.ToString("F0", CultureInfo.InvariantCulture)))} | {row.Last().Mebibytes / row.First().Mebibytes:F2} |\n");
        }

        return text.ToString();
    }
}
