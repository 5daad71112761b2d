using Microsoft.AspNetCore.Http.Features;

namespace Deq.Api.Requests;

/// <summary>What the log will say of a request: filled in while it is handled.</summary>
internal sealed class RequestRecord
{
    /// <summary>The model, if there is one of the name that was asked for; a client's own text never gets into the log.</summary>
    public string? Model { get; private set; }

    /// <summary>Why the solves ended, each reason once.</summary>
    public string? Stop { get; private set; }

    /// <summary>Evaluations of the cell, of all that was solved for the request.</summary>
    public long? Evaluations { get; private set; }

    /// <summary>Starts the record of a request that has been routed.</summary>
    /// <param name="http">The request.</param>
    /// <param name="model">The model that its path names; null where it names none that there is.</param>
    public static void Open(HttpContext http, string? model) => http.Features.Set(new RequestRecord { Model = model });

    /// <summary>The record of a request.</summary>
    public static RequestRecord Of(HttpContext http) => http.Features.GetRequiredFeature<RequestRecord>();

    /// <summary>Notes the model, where the path does not name it.</summary>
    public void Concern(string model) => Model = model;

    /// <summary>Notes how images were solved, beside those of the same request that were noted before: of a socket or a stream of messages there is no end of them.</summary>
    /// <param name="stop">Why the solves ended, each reason once, with commas.</param>
    /// <param name="evaluations">Of all together.</param>
    public void Note(string stop, long evaluations)
    {
        Stop = Stop is null ? stop : string.Join(',', Stop.Split(',').Union(stop.Split(','), StringComparer.Ordinal));
        Evaluations = (Evaluations ?? 0) + evaluations;
    }
}
