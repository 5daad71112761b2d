using System.Globalization;
using System.Text.Json;
using Deq.Api.Solving;

namespace Deq.Api.Tasks.Flow;

/// <summary>How a flow was found, in the headers of its answer, whose body may be of a type that has no room for it.</summary>
internal static class SolveHeaders
{
    /// <summary>The whole report as JSON in one line.</summary>
    public const string Solve = "Deq-Solve";

    /// <summary>Pixels that full saturation of a colour picture is.</summary>
    public const string Scale = "Deq-Scale";

    /// <summary>Every header with its value.</summary>
    /// <param name="answer">The answer as JSON would be.</param>
    /// <param name="scale">Of a colour picture; null of other types.</param>
    public static IEnumerable<(string Name, string Value)> Of(FlowAnswer answer, double? scale)
    {
        SolveReport solve = answer.Solve;
        yield return ("Deq-Model", answer.Model);
        yield return ("Deq-Version", answer.Version);
        yield return ("Deq-Sha256", answer.Sha256);
        yield return ("Deq-Width", Text(answer.Flow.Width));
        yield return ("Deq-Height", Text(answer.Flow.Height));
        yield return ("Deq-Converged", solve.Converged ? "true" : "false");
        yield return ("Deq-Stop", solve.Stop);
        yield return ("Deq-Evaluations", Text(solve.Evaluations));
        if (solve.Residual is { } residual)
        {
            yield return ("Deq-Residual", Text(residual));
        }

        yield return ("Deq-Tolerance", Text(solve.Tolerance));
        yield return ("Deq-Solver", solve.Solver);
        yield return ("Deq-Warm", solve.Warm ? "true" : "false");
        yield return ("Deq-Spent-Ms", Text(solve.SpentMs));
        yield return ("Deq-Queue-Ms", Text(solve.QueueMs));
        yield return (Solve, JsonSerializer.Serialize(solve, JsonSerializerOptions.Web));
        if (scale is { } full)
        {
            yield return (Scale, Text(full));
        }
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
