using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using System.Text.Json;

namespace Deq.Benchmarks.Bilevel;

/// <summary>Hyper-gradients of logistic regression: what each way costs, and how near to the exact product a shared inverse comes.</summary>
internal static class BilevelSearches
{
    private const int Seeds = 3;
    private const int OuterSteps = 25;
    private const int Trials = 100;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static int Run(string[] options)
    {
        Dictionary<string, string> given = options.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
        if (options.Length % 2 != 0 || given.Keys.Except(["--data", "--json", "--markdown"]).Any() || !given.TryGetValue("--data", out string? folder))
        {
            Console.Error.WriteLine("bilevel --data folder-with-a8a-and-w8a [--json file] [--markdown file]");
            return 2;
        }

        foreach (HyperGradient way in HyperGradients.All)
        {
            // Unmeasured: what is compiled on first use is not the first way's fault.
            RegularizationSearch.Run(SyntheticClasses.Wide(seed: 99), way, outerSteps: 4);
        }

        Search[] searches =
        [
            .. Searches("a8a", Libsvm(folder, "a8a")),
            .. Searches("w8a", Libsvm(folder, "w8a")),
            .. Searches("synthetic", SyntheticClasses.Wide),
        ];
        Alignment[] alignments = [.. Align()];
        string text = Text(searches, alignments);
        Console.Write(text);
        if (given.TryGetValue("--markdown", out string? markdown))
        {
            File.WriteAllText(markdown, text);
        }

        if (given.TryGetValue("--json", out string? json))
        {
            File.WriteAllText(json, JsonSerializer.Serialize(new { searches, alignments }, Json));
        }

        return 0;
    }

    private static Func<int, BilevelSplit> Libsvm(string folder, string name)
    {
        LabelledRows rows = LibsvmReader.Read(Path.Combine(folder, $"{name}.gz"));
        return seed => BilevelSplit.Of(rows, 0.1, 0.1, seed);
    }

    private static IEnumerable<Search> Searches(string problem, Func<int, BilevelSplit> make)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            BilevelSplit split = make(seed);
            (HyperGradient Way, IReadOnlyList<OuterStep> Steps)[] runs =
                [.. HyperGradients.All.Select(way => (way, RegularizationSearch.Run(split, way, OuterSteps)))];
            double best = Math.Min(GridBest(split), runs.Min(run => run.Steps.Min(step => step.HeldOutLoss)));
            foreach ((HyperGradient way, IReadOnlyList<OuterStep> steps) in runs)
            {
                OuterStep last = steps[^1];
                yield return new Search
                {
                    Problem = problem,
                    Seed = seed,
                    Way = way.Name,
                    HyperGradientMilliseconds = 1000 * steps.Sum(step => step.HyperGradientSeconds),
                    HessianProducts = steps.Sum(step => step.HessianProducts),
                    InnerIterations = steps.Sum(step => step.InnerIterations),
                    Seconds = last.Seconds,
                    SecondsToBest = steps.FirstOrDefault(step => step.HeldOutLoss <= best + 1e-3)?.Seconds,
                    BestHeldOutLoss = best,
                    HeldOutLoss = last.HeldOutLoss,
                    TestLoss = last.TestLoss,
                    Lambda = last.Lambda,
                };
            }
        }
    }

    /// <summary>The best held-out loss over α from 8 down to −8 by halves, each solved from the one before.</summary>
    private static double GridBest(BilevelSplit split)
    {
        var inner = new InnerProblem(split.Train, memory: 30);
        var outer = new LogisticLoss(split.HeldOut);
        double best = double.PositiveInfinity;
        for (double alpha = 8; alpha >= -8; alpha -= 0.5)
        {
            inner.Solve(Math.Exp(alpha) / split.Train.Labels.Length, 1e-5, 1000);
            double loss = outer.Value(inner.Weights);
            best = Math.Min(best, loss);
            if (loss > best + 0.05)
            {
                break;
            }
        }

        return best;
    }

    /// <summary>Cosines of the estimated with the exact inverse product after one solve, with and without pairs for a prescribed direction.</summary>
    private static IEnumerable<Alignment> Align()
    {
        const double lambda = 0.01;
        List<(bool IsAware, string Direction, double Shared, double Plain)> found = [];
        for (int trial = 0; trial < Trials; trial++)
        {
            LabelledRows rows = SyntheticClasses.Correlated(trial);
            var random = new Random(1000 + trial);
            double[] prescribed = Normals(random, rows.Features.Width);
            double[] other = Normals(random, prescribed.Length);
            double[] krylov = new double[prescribed.Length];
            double[] exact = new double[prescribed.Length];
            double[] estimate = new double[prescribed.Length];
            foreach (bool isAware in (bool[])[false, true])
            {
                var inner = new InnerProblem(rows, isAware ? 60 : 30);
                inner.Solve(lambda, 1e-6, 1000, isAware ? (_, direction) => prescribed.CopyTo(direction) : null);
                inner.Linearise();
                inner.MultiplyHessian(lambda, prescribed, krylov);
                foreach ((string name, double[] v) in ((string, double[])[])[("prescribed", prescribed), ("Krylov (Hessian · prescribed)", krylov), ("random", other)])
                {
                    HyperGradients.Named("conjugate-gradient").Solve(inner, lambda, v, 1e-12, exact);
                    HyperGradients.Named("shine").Solve(inner, lambda, v, 0, estimate);
                    found.Add((isAware, name, Cosine(estimate, exact), Cosine(v, exact)));
                }
            }
        }

        return found.GroupBy(row => row.Direction).Select(rows => new Alignment(
            rows.Key,
            Median(rows.Where(row => row.IsAware).Select(row => row.Shared)),
            Median(rows.Where(row => !row.IsAware).Select(row => row.Shared)),
            Median(rows.Select(row => row.Plain))));
    }

    private static string Text(Search[] searches, Alignment[] alignments)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Bi-level optimization: the regularization of logistic regression
            {OuterSteps} outer steps from λ = 1/n; medians of {Seeds} splits. a8a and w8a: 80 % to fit, 10 % held out, 10 % to test; synthetic: 1500 to fit, 750, 750, 2000 features.
            Hyper-gradient: the inverse product alone, summed over the search. To best: until the held-out loss is within 1e-3 of the best of a grid of λ and of all searches.
            One thread of a shared two-core machine. Exact is the conjugate gradient.

            | problem | hyper-gradient | ms | × cheaper | Hessian products | inner iterations | seconds | of exact | seconds to best | of exact | held-out loss | − exact | test loss |
            |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (IGrouping<string, Search> problem in searches.GroupBy(search => search.Problem))
        {
            Search[] exact = [.. problem.Where(search => search.Way == "conjugate-gradient")];
            foreach (IGrouping<string, Search> way in problem.GroupBy(search => search.Way))
            {
                double Of(Func<Search, double> value) => Median(way.Select(value));
                double Ratio(Func<Search, double> value) => Median(way.Zip(exact, (mine, its) => value(mine) / value(its)));
                double gap = Median(way.Zip(exact, (mine, its) => mine.HeldOutLoss - its.HeldOutLoss));
                text.Append(CultureInfo.InvariantCulture,
                    $"| {problem.Key} | {way.Key} | {Of(s => s.HyperGradientMilliseconds):F2} | {1 / Ratio(s => s.HyperGradientMilliseconds):F0} ")
                    .Append(CultureInfo.InvariantCulture, $"| {Of(s => s.HessianProducts):F0} | {Of(s => s.InnerIterations):F0} | {Of(s => s.Seconds):F2} ")
                    .Append(CultureInfo.InvariantCulture, $"| {Ratio(s => s.Seconds):F2} | {Of(s => s.SecondsToBest ?? double.PositiveInfinity):F2} ")
                    .Append(CultureInfo.InvariantCulture, $"| {Ratio(s => s.SecondsToBest ?? double.PositiveInfinity):F2} ")
                    .Append(CultureInfo.InvariantCulture, $"| {Of(s => s.HeldOutLoss):F5} | {gap:E1} | {Of(s => s.TestLoss):F5} |\n");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"""

            ## Extra pairs for the outer problem (OPA)
            Cosine of the estimated with the exact inverse product after one solve by L-BFGS to 1e-6; correlated features, n = 113, p = 30, λ = 0.01; medians of {Trials} problems.

            | direction v | with pairs for the prescribed direction | without | Jacobian-free (v itself) |
            |---|--:|--:|--:|

            """);
        foreach (Alignment row in alignments)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Direction} | {row.Aware:F4} | {row.Plain:F4} | {row.JacobianFree:F4} |\n");
        }

        return text.ToString();
    }

    private static double[] Normals(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => SyntheticClasses.Normal(random))];

    private static double Cosine(double[] a, double[] b) => TensorPrimitives.CosineSimilarity<double>(a, b);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed record Search
    {
        public required string Problem { get; init; }

        public required int Seed { get; init; }

        public required string Way { get; init; }

        public required double HyperGradientMilliseconds { get; init; }

        public required int HessianProducts { get; init; }

        public required int InnerIterations { get; init; }

        public required double Seconds { get; init; }

        public required double? SecondsToBest { get; init; }

        public required double BestHeldOutLoss { get; init; }

        public required double HeldOutLoss { get; init; }

        public required double TestLoss { get; init; }

        public required double Lambda { get; init; }
    }

    private sealed record Alignment(string Direction, double Aware, double Plain, double JacobianFree);
}
