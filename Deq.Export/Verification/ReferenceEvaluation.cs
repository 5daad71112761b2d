using System.Globalization;
using System.Text.Json.Serialization;
using Deq.Export.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;

namespace Deq.Export.Verification;

/// <summary>Measures a bundle on inputs and outputs that the model's own program wrote: the truth of tasks that have no other.</summary>
internal static class ReferenceEvaluation
{
    /// <summary>Solves every input by the request's defaults and compares the decoded answers.</summary>
    /// <param name="bundle">An open bundle; stays the caller's.</param>
    /// <param name="file">Arrays <c>inputs</c> and <c>outputs</c>, as <c>numpy.savez</c> writes them.</param>
    /// <param name="request">Solver, tolerance and budget.</param>
    /// <exception cref="InvalidDataException">An array is missing, of another size, or has numbers that are not finite.</exception>
    public static EvaluationPage Measure(ModelBundle bundle, FileInfo file, EvaluationRequest request)
    {
        var reference = new BundleReference(file, bundle);
        IReadOnlyList<float[]> answers = reference.Answers;
        var solves = new BundleSolves(reference.Model, request.Defaults, request.Clock);
        var errors = new List<ReferenceError>();
        foreach ((float[] input, float[] expected) in reference.Values.Zip(answers))
        {
            SolvedRow solved = solves.Solve(input, request.Defaults.Grant());
            errors.Add(ReferenceError.Of(expected, solved));
            request.Report(Line(errors.Count, errors[^1]));
        }

        return Page(bundle.Manifest.Name, request, errors);
    }

    private static EvaluationPage Page(string name, EvaluationRequest request, List<ReferenceError> errors)
    {
        var summary = new ReferenceSummary
        {
            Model = name,
            Solver = request.Defaults.Solver,
            Tolerance = request.Defaults.Tolerance,
            MaxEvaluations = request.Defaults.MaxEvaluations,
            Inputs = errors,
        };
        string sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {errors.Count} inputs, relative error {summary.MeanRelativeError:E2} on average and {summary.LargestRelativeError:E2} at most, {summary.MeanEvaluations:F1} evaluations, {summary.ConvergedShare:P0} converged.")
            + (errors.Count(error => !error.IsFinite) is > 0 and var lost ? $" Of {lost} {(lost == 1 ? "input" : "inputs")} the bundle's own answer has NaN or infinite numbers." : "");
        return new EvaluationPage
        {
            Sentence = sentence,
            Markdown = Table(summary),
            Numbers = summary,
            Quality = new Dictionary<string, double> { ["relativeError"] = summary.MeanRelativeError, ["meanEvaluations"] = summary.MeanEvaluations },
            Card = sentence,
        };
    }

    private static string Table(ReferenceSummary summary) => string.Join('\n',
    [
        $"# {summary.Model} beside its own program",
        "",
        string.Create(CultureInfo.InvariantCulture, $"Solver {summary.Solver}, tolerance {summary.Tolerance:G3}, at most {summary.MaxEvaluations} evaluations."),
        "",
        "| input | relative error | largest difference | evaluations | residual | converged |",
        "|--:|--:|--:|--:|--:|---|",
        .. summary.Inputs.Select((error, place) => string.Create(
            CultureInfo.InvariantCulture,
            $"| {place + 1} | {error.RelativeError:E2} | {error.LargestDifference:E2} | {error.Evaluations} | {error.Residual:E2} | {(error.Converged ? "yes" : "no")} |")),
        "",
    ]);

    private static string Line(int number, ReferenceError error) => string.Create(
        CultureInfo.InvariantCulture,
        $"{number}: relative error {error.RelativeError:E2}, {error.Evaluations} evaluations{(error.Converged ? "" : ", not converged")}"
        + $"{(error.IsFinite ? "" : "; the bundle's own answer has NaN or infinite numbers")}");
}

/// <summary>How an answer differs from the one of the model's own program.</summary>
/// <param name="RelativeError">‖answer − expected‖/‖expected‖; where nothing is expected, ‖answer‖.</param>
/// <param name="LargestDifference">Of any number.</param>
/// <param name="Evaluations">Of the solve.</param>
/// <param name="Residual">At its end.</param>
/// <param name="Converged">Whether the tolerance was met.</param>
internal sealed record ReferenceError(double RelativeError, double LargestDifference, int Evaluations, double Residual, bool Converged)
{
    /// <summary>Whether all numbers of the answer are; those of a reference always are.</summary>
    [JsonIgnore]
    public bool IsFinite => double.IsFinite(LargestDifference);

    /// <summary>Compares.</summary>
    public static ReferenceError Of(float[] expected, SolvedRow solved)
    {
        (double apart, double length, double largest) = (0, 0, 0);
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = (double)solved.Output[i] - expected[i];
            apart += difference * difference;
            length += (double)expected[i] * expected[i];
            largest = double.IsNaN(difference) || Math.Abs(difference) > largest ? Math.Abs(difference) : largest;
        }

        RowSolution solution = solved.Solution;
        return new(Math.Sqrt(apart) / (length == 0 ? 1 : Math.Sqrt(length)), largest, solution.Evaluations, solution.Residual, solution.Converged);
    }
}

/// <summary>What an evaluation beside the model's own program found, as JSON has it.</summary>
internal sealed record ReferenceSummary
{
    /// <summary>The bundle's name.</summary>
    public required string Model { get; init; }

    /// <summary>The method.</summary>
    public required string Solver { get; init; }

    /// <summary>The residual that counted as converged.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The budget of each solve.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>Each input, in order; at least one.</summary>
    public required IReadOnlyList<ReferenceError> Inputs { get; init; }

    /// <summary>Mean of <see cref="ReferenceError.RelativeError"/>.</summary>
    public double MeanRelativeError => Inputs.Average(error => error.RelativeError);

    /// <summary>The largest of them; NaN where one is.</summary>
    public double LargestRelativeError => Inputs.Aggregate(0.0, (largest, error) => Math.Max(largest, error.RelativeError));

    /// <summary>The largest difference of any number; NaN where one is.</summary>
    public double LargestDifference => Inputs.Aggregate(0.0, (largest, error) => Math.Max(largest, error.LargestDifference));

    /// <summary>Mean of the evaluations.</summary>
    public double MeanEvaluations => Inputs.Average(error => error.Evaluations);

    /// <summary>Share of the inputs whose solve converged, 0 to 1.</summary>
    public double ConvergedShare => Inputs.Average(error => error.Converged ? 1.0 : 0);
}
