using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Deq.Benchmarks;

/// <summary>Every gradient estimator: accuracy on small cells, time and memory on a trained one.</summary>
internal static class GradientComparison
{
    private const int Rows = 100;
    private const int Processes = 3;

    /// <summary>As in a run that has warmed up: no pass pays for pages that the one before has given back.</summary>
    private static readonly (string, string)[] KeepsFreedMemory =
        [("MALLOC_MMAP_MAX_", "0"), ("MALLOC_TRIM_THRESHOLD_", "17179869184"), ("MALLOC_TOP_PAD_", "268435456")];

    /// <summary>Large blocks go back to the system as soon as they are freed, so that the peak is that of what is in use.</summary>
    private static readonly (string, string)[] GivesFreedMemoryBack = [("MALLOC_MMAP_THRESHOLD_", "65536")];
    private static readonly string[] Parts = ["accuracy", "times", "memory"];
    private static readonly int[] Evaluations = [5, 10, 20, 40];
    private static readonly string[] Remembered = ["implicit", "phantom-neumann", "phantom-unrolled", "unrolled"];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static int Run(string[] options)
    {
        if (options is ["--times-of", string timed])
        {
            using var costs = new GradientCosts(timed, Rows);
            Console.WriteLine(JsonSerializer.Serialize(costs.Times()));
            return 0;
        }

        if (options is ["--memory-of", string bundle, string estimator, string evaluations])
        {
            using var costs = new GradientCosts(bundle, Rows);
            Console.WriteLine(JsonSerializer.Serialize(costs.MemoryOf(estimator, int.Parse(evaluations))));
            return 0;
        }

        Dictionary<string, string> given = options.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        string[] parts = given.GetValueOrDefault("--parts", string.Join(',', Parts)).Split(',');
        if (options.Length % 2 != 0 || given.Keys.Except(["--bundle", "--json", "--markdown", "--parts"]).Any() || parts.Except(Parts).Any())
        {
            Console.Error.WriteLine($"gradients [--bundle models/fashion-mnist] [--parts {string.Join(',', Parts)}] [--json file] [--markdown file]");
            Console.Error.WriteLine("Parts that are not run are taken from the JSON file.");
            return 2;
        }

        Measured measured = Measure(parts, given.GetValueOrDefault("--bundle", Path.Combine("models", "fashion-mnist")), given.GetValueOrDefault("--json"));
        string text = Text(measured.Accuracies, measured.Times, measured.Memories);
        Console.Write(text);
        if (given.TryGetValue("--markdown", out string? markdown))
        {
            File.WriteAllText(markdown, text);
        }

        if (given.TryGetValue("--json", out string? json))
        {
            File.WriteAllText(json, JsonSerializer.Serialize(measured, Json));
        }

        return 0;
    }

    private static Measured Measure(string[] parts, string bundle, string? before)
    {
        Measured known = before is not null && File.Exists(before) && parts.Length < Parts.Length
            ? JsonSerializer.Deserialize<Measured>(File.ReadAllText(before), Json)!
            : new Measured([], [], []);
        if (parts.Contains("accuracy"))
        {
            known = known with { Accuracies = [.. GradientAccuracy.Measure()] };
        }

        if (parts.Contains("times"))
        {
            known = known with { Times = InOwnProcess<Cost[]>(KeepsFreedMemory, "--times-of", bundle) };
        }

        return parts.Contains("memory")
            ? known with { Memories = [.. from kind in Remembered from count in Evaluations select InOwnProcesses(bundle, kind, count)] }
            : known;
    }

    /// <summary>The median of a few: what the allocator keeps in reserve differs from process to process.</summary>
    private static Memory InOwnProcesses(string bundle, string kind, int evaluations) =>
        Enumerable.Range(0, Processes)
            .Select(_ => InOwnProcess<Memory>(GivesFreedMemoryBack, "--memory-of", bundle, kind, $"{evaluations}"))
            .OrderBy(memory => memory.Mebibytes)
            .ElementAt(Processes / 2);

    /// <summary>A process's peak never falls, and the allocator is configured before it starts.</summary>
    private static T InOwnProcess<T>((string Name, string Value)[] environment, params string[] options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        bool isHosted = Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] itself = isHosted ? [Path.ChangeExtension(typeof(GradientComparison).Assembly.Location, ".dll")] : [];
        foreach (string argument in (string[])[.. itself, "gradients", .. options])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonSerializer.Deserialize<T>(line) ?? throw new InvalidDataException(line);
    }

    private static string Text(IReadOnlyList<Accuracy> accuracies, IReadOnlyList<Cost> times, IReadOnlyList<Memory> memories)
    {
        var text = new StringBuilder();
        text.Append("""
            # Gradients through an equilibrium
            ## Against the exact gradient
            f(z) = z·Wᵀ + x in double precision, D = 32, 8 rows, W of independent normals scaled to the spectral radius ρ: far from normal, its norm is about twice ρ. ∂L/∂W against
            dense linear algebra, medians of 5 cells, in brackets the worst. Forward: to 1e-10 for `implicit`, else to 1e-5 within 60 evaluations. Products are vector–Jacobian products per
            row; `shine` shares the inverse of Broyden's method unless it names the adjoint one, which makes a product per step, and one more per outer update (OPA).

            | estimator | parameters | ρ | cosine | relative error | products forward | backward |
            |---|---|--:|--:|--:|--:|--:|

            """);
        foreach (Accuracy row in accuracies)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Kind} | {row.Parameters} | {row.SpectralRadius} | {row.Cosine:F4} ({row.WorstCosine:F4}) | {row.RelativeError:E1} ({row.WorstRelativeError:E1}) | {row.ForwardProducts:F0} | {row.Evaluations:F0} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"""

            ## Time on the cell of `models/fashion-mnist`
            {Rows} rows of noise, one thread, forward solve to 1e-3 within 18 evaluations, adjoint to 1e-3 within 18; processor milliseconds, medians of interleaved rounds in a
            process that keeps the memory it has freed; solvers and estimators are allocated before, as in training. The equilibrium's
            backward pass goes from z* and ∂L/∂z* to the gradients by the cell's weights and x, and counts the evaluations that are recorded for it; the whole backward pass is that with the
            decoder's and the encoder's, which are the same for all. × says how many times faster than `implicit by anderson`.

            | estimator | evaluations forward | products forward | forward | products backward | equilibrium | × | decoder | encoder | whole | × |
            |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (Cost cost in times)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {cost.Name} | {cost.ForwardEvaluations:F1} | {cost.ForwardProducts:F1} | {cost.Forward:F0} | {cost.BackwardEvaluations:F1} | {cost.Equilibrium:F0} | {times[0].Equilibrium / cost.Equilibrium:F2} | "
                + $"{cost.Decoder:F0} | {cost.Encoder:F0} | {cost.Whole:F0} | {times[0].Whole / cost.Whole:F2} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"""

            ## Memory as evaluations grow
            Peak resident memory of one pass by Picard iteration above what the process held before it, MiB; medians of {Processes} processes each; {Rows} rows, same cell. `implicit` and
            `phantom-neumann` make as many products backward as evaluations forward; `phantom-unrolled` takes 5 steps.

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

/// <summary>All that the page shows.</summary>
internal sealed record Measured(IReadOnlyList<Accuracy> Accuracies, IReadOnlyList<Cost> Times, IReadOnlyList<Memory> Memories);
