using System.Globalization;
using System.Text;
using Deq.Runtime.FixedPoints;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>How many evaluations each method takes on each named problem and on each shipped model.</summary>
internal static class MethodCounts
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- methods";
    private const int Rows = 20;
    private const int MostEvaluations = 1200;
    private static readonly double[] Tolerances = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

    /// <summary>Option <c>--models folder</c>: where the bundles are. Default the repository's <c>models</c>.</summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--models") is not { } report)
        {
            return 2;
        }

        IEnumerable<NamedProblem> scaled = from factor in new[] { 1e-3, 1e3 } from problem in NamedProblems.Linear select problem.Scaled(factor);
        Count[] counts =
        [
            .. from problem in (NamedProblem[])[.. NamedProblems.Solvable, NamedProblems.StrongTanh, .. scaled]
               from method in FixedPointMethods.All
               from tolerance in Tolerances
               select CountOf(
                   problem.Name,
                   method,
                   tolerance,
                   SolvedProblem.From(problem, method, RowGrant.Of(tolerance, MostEvaluations), [.. Enumerable.Range(1, Rows)]).Solution.Rows),
            .. Directory.GetDirectories(report["--models"] ?? Repository.Folder("models")).Order(StringComparer.Ordinal).SelectMany(OfModel),
        ];
        report.Write(Page(counts), counts);
        return 0;
    }

    private static IEnumerable<Count> OfModel(string directory)
    {
        if (!ShippedModel.IsClassifier(directory))
        {
            yield break;
        }

        using var model = new ShippedModel(directory, Rows);
        foreach (IFixedPointMethod method in FixedPointMethods.All)
        {
            foreach (double tolerance in Tolerances)
            {
                yield return CountOf(model.Name, method, tolerance, model.Solve(method, RowGrant.Of(tolerance, MostEvaluations)));
            }
        }
    }

    private static Count CountOf(string problem, IFixedPointMethod method, double tolerance, IReadOnlyList<RowSolution> rows)
    {
        int[] evaluations = [.. rows.Select(row => row.Evaluations).Order()];
        int converged = rows.Count(row => row.Converged);
        return new Count(problem, method.Name, tolerance, evaluations[rows.Count / 2], evaluations[^1], converged, rows.Count);
    }

    private static string Page(Count[] counts)
    {
        var page = new StringBuilder();
        page.AppendLine("# Evaluations of every method");
        page.AppendLine();
        page.AppendLine("Evaluations until the relative residual meets the tolerance: median of 20 rows (worst of them, or how many converged within 1,200),");
        page.AppendLine("cold start. The problems are those of `NamedProblems`, D = 32 but where their summary says otherwise; `*0.001` and `*1000` are the same");
        page.AppendLine("in another unit. Classifiers that ship: 4 sample images and 16 random inputs. Counts are exact for this repository on processors of one vector width.");
        page.AppendLine($"`{Command} --json docs/results/methods.json --markdown docs/results/methods.md` makes this page.");
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"| problem | method | {string.Join(" | ", Tolerances.Select(t => t.ToString(CultureInfo.InvariantCulture)))} |");
        page.AppendLine(CultureInfo.InvariantCulture, $"|---|---|{string.Concat(Tolerances.Select(_ => "--:|"))}");
        foreach (IGrouping<(string Problem, string Method), Count> row in counts.GroupBy(count => (count.Problem, count.Method)))
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Key.Problem} | {row.Key.Method} | {string.Join(" | ", row.Select(Cell))} |");
        }

        return page.ToString();
    }

    /// <summary>The median, and the worst row or how many rows converged.</summary>
    private static string Cell(Count count) =>
        count.Converged == count.Rows ? $"{count.Median} ({count.Worst})"
        : count.Converged > count.Rows / 2 ? $"{count.Median} ({count.Converged}/{count.Rows})"
        : $"– ({count.Converged}/{count.Rows})";

    private sealed record Count(string Problem, string Method, double Tolerance, int Median, int Worst, int Converged, int Rows);
}
