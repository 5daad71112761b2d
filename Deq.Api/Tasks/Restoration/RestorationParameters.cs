using System.Globalization;
using Deq.Api.Solving;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>The parameters that a request to restore takes beside those of every solve.</summary>
internal static class RestorationParameters
{
    /// <summary>The value of <see cref="Sigma"/> that asks for an estimate.</summary>
    public const string Auto = "auto";

    public const double MostSigma = 100;
    public const double MostLambda = 10;

    /// <summary>The factor of downsample where none is named.</summary>
    public const int UsualFactor = 2;

    public static SolveParameter Operator { get; } = new(
        "operator",
        "string",
        $"one of {string.Join(", ", Degradation.Names)}",
        "What was done to the picture before the noise. Default: mask where there is a mask, blur where there is a kernel, downsample where there is a factor, otherwise identity.",
        Degradation.Identity)
    {
        Accepts = Degradation.Names.Contains,
        Words = Degradation.Names,
    };

    public static SolveParameter Sigma { get; } = new(
        "sigma",
        "string",
        $"a number above 0 and at most {MostSigma}, or {Auto}",
        "Standard deviation of the noise, grey levels of 255. Default auto: estimated from the picture, at least 0.5; fine texture counts as noise.",
        "25")
    {
        Accepts = text => text == Auto || Number(text) is > 0 and <= MostSigma,
    };

    public static SolveParameter Lambda { get; } = new(
        "lambda", "number", $"a number above 0 and at most {MostLambda}", "How strongly to restore. Default 1, what was trained; more is smoother.", "1.2")
    {
        Accepts = text => Number(text) is > 0 and <= MostLambda,
    };

    public static SolveParameter Factor { get; } = new(
        "factor", "integer", string.Join(" or ", Degradation.Factors), $"Of downsample: how many times larger the answer is along each side. Default {UsualFactor}.", "2")
    {
        Accepts = text => Degradation.Factors.Any(factor => text == factor.ToString(CultureInfo.InvariantCulture)),
    };

    public static SolveParameter Energy { get; } = new(
        "energy",
        "boolean",
        "true or false",
        "Whether a report lists the energy of every evaluation. Each then costs about half as much again. Events always have it. Default false.",
        "true")
    {
        Accepts = text => text is "true" or "false",
    };

    /// <summary>All that requests take.</summary>
    public static IReadOnlyList<SolveParameter> All { get; } = [Operator, Sigma, Lambda, Factor, Energy, .. SolveParameter.OfSolves];

    /// <summary>A finite number; null for none.</summary>
    public static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;
}
