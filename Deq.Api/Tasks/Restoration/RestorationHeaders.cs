using System.Globalization;
using System.Text.Json;

namespace Deq.Api.Tasks.Restoration;

/// <summary>How a picture was restored, in the headers of an answer that is the picture.</summary>
internal static class RestorationHeaders
{
    /// <summary>Every header with its value.</summary>
    public static IEnumerable<(string Name, string Value)> Of(RestorationAnswer answer)
    {
        yield return ("Deq-Model", answer.Model);
        yield return ("Deq-Version", answer.Version);
        yield return ("Deq-Sha256", answer.Sha256);
        yield return ("Deq-Converged", answer.Solves.All(solve => solve.Converged) ? "true" : "false");
        yield return ("Deq-Evaluations", answer.Restoration.Evaluations.ToString(CultureInfo.InvariantCulture));
        yield return ("Deq-Sigma", answer.Restoration.Sigma.ToString("R", CultureInfo.InvariantCulture));
        yield return ("Deq-Misfit", answer.Restoration.Misfit.ToString("R", CultureInfo.InvariantCulture));
        yield return ("Deq-Restoration", JsonSerializer.Serialize(answer.Restoration, JsonSerializerOptions.Web));
    }
}
