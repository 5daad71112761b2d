using System.Globalization;
using Deq.Api.Solving;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary>The parameters of a request to probe beside those of every solve.</summary>
internal static class ProbeParameters
{
    public const double MostChange = 1000;

    /// <summary>The usual bound on the root mean square of the change.</summary>
    private const double UsualChangePerPixel = 0.1;

    public static SolveParameter Target { get; } = new(
        "target", "string", "a label of the model", "The label that is to be answered instead. Default: any other than the image's own.", "Sneaker")
    {
        Accepts = _ => true,
    };

    public static SolveParameter LargestChange { get; } = new(
        "largestChange",
        "number",
        $"a number above 0 and at most {MostChange}",
        "The largest L2 norm of the change, in values from 0 (black) to 1 (white). Default 0.1 · √(channels · height · width).",
        "1.5")
    {
        Accepts = text => Number(text) is > 0 and <= MostChange,
    };

    public static SolveParameter MaxEvaluations { get; } = SolveParameter.MaxEvaluations with
    {
        Description = $"Evaluations of the cell that joint inference may make; each also multiplies with its Jacobians. Default {ServedProbe.DefaultEvaluations}, at most {ServedProbe.MostEvaluations}.",
        Example = "200",
    };

    public static SolveParameter Tolerance { get; } = SolveParameter.Tolerance with
    {
        Description = $"The residual at which joint inference has converged: the largest relative error of state, multiplier and image. Default {ServedProbe.DefaultTolerance}.",
        Example = "0.01",
    };

    /// <summary>All that requests take.</summary>
    public static IReadOnlyList<SolveParameter> All { get; } =
        [Target, LargestChange, MaxEvaluations, Tolerance, SolveParameter.DeadlineMs, SolveParameter.Priority, SolveParameter.RequireConverged];

    /// <summary>The bound on the change that a request gets.</summary>
    /// <param name="asked">Its parameters.</param>
    /// <param name="numbers">Of an image.</param>
    public static double LargestChangeOf(IReadOnlyDictionary<string, string> asked, int numbers) =>
        asked.TryGetValue(LargestChange.Name, out string? text) ? Number(text)!.Value : UsualChangePerPixel * Math.Sqrt(numbers);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;
}
