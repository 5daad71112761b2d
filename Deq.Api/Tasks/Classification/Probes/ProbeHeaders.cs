using System.Globalization;
using System.Text.Json;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary>How a changed image was found, in the headers of an answer that is the image.</summary>
internal static class ProbeHeaders
{
    /// <summary>Every header with its value.</summary>
    public static IEnumerable<(string Name, string Value)> Of(ProbeAnswer answer)
    {
        yield return ("Deq-Model", answer.Model);
        yield return ("Deq-Version", answer.Version);
        yield return ("Deq-Sha256", answer.Sha256);
        yield return ("Deq-Changed", answer.Changed ? "true" : "false");
        yield return ("Deq-L2", Text(answer.L2));
        yield return ("Deq-L-Infinity", Text(answer.LInfinity));
        yield return ("Deq-Converged", answer.Solve.Converged ? "true" : "false");
        yield return ("Deq-Evaluations", Text(answer.Evaluations));
        yield return ("Deq-Products", Text(answer.Products));
        yield return ("Deq-Probe", JsonSerializer.Serialize(answer, JsonSerializerOptions.Web));
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
