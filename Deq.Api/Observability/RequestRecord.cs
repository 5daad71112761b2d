using Deq.Api.Models;
using Deq.Api.Solving;
using Microsoft.AspNetCore.Http.Features;

namespace Deq.Api.Observability;

/// <summary>What the log will say of a request: filled in while it is handled.</summary>
internal sealed class RequestRecord
{
    /// <summary>The model, if there is one of the name that was asked for; a caller's own text never gets into the log.</summary>
    public string? Model { get; private set; }

    /// <summary>Why the solve ended; of several images, each reason once.</summary>
    public string? Stop { get; private set; }

    /// <summary>Evaluations of the cell, summed over the images.</summary>
    public int? Evaluations { get; private set; }

    /// <summary>Starts the record of a request that has been routed.</summary>
    public static void Open(HttpContext http) => http.Features.Set(new RequestRecord
    {
        Model = http.GetRouteValue("model") is string name && http.RequestServices.GetRequiredService<ModelCatalog>().Has(name) ? name : null,
    });

    /// <summary>The record of a request.</summary>
    public static RequestRecord Of(HttpContext http) => http.Features.GetRequiredFeature<RequestRecord>();

    /// <summary>Notes the model, where the path does not name it.</summary>
    public void Concern(ServedModel model) => Model = model.Manifest.Name;

    /// <summary>Notes how the images were solved.</summary>
    public void Note(IReadOnlyList<SolveReport> solves)
    {
        Stop = string.Join(',', solves.Select(solve => solve.Stop).Distinct(StringComparer.Ordinal));
        Evaluations = solves.Sum(solve => solve.Evaluations);
    }
}
