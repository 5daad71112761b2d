using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>The bodies of requests to the model repository: JSON objects, or nothing.</summary>
internal static class RepositoryBody
{
    /// <summary>The most bytes: as many as are parsed where they came.</summary>
    private const int MostBytes = DecodingThreads.MostInPlace;

    /// <summary>The problems of every such body.</summary>
    public static ProblemKind[] Problems { get; } = [ProblemKinds.MalformedRequest, ProblemKinds.InvalidParameter, ProblemKinds.BodyTooSlow, ProblemKinds.BodyTooLarge, ProblemKinds.Overloaded];

    /// <summary>A client may send a configuration or files for a model; here these are the bundle's.</summary>
    /// <exception cref="ProblemException">The body is no JSON object, or has such parameters.</exception>
    public static async Task RefuseParametersAsync(HttpRequest request)
    {
        using JsonDocument? json = await ReadAsync(request);
        if (json?.RootElement.TryGetProperty("parameters", out JsonElement parameters) is true
            && parameters.ValueKind == JsonValueKind.Object && parameters.EnumerateObject().Any(parameter => parameter.Name != "unload_dependents"))
        {
            throw new ProblemException(ProblemKinds.InvalidParameter, "parameters: a model is loaded as its bundle has it, without configuration or files.");
        }
    }

    /// <summary>Whether a client asks for the models alone that take requests.</summary>
    /// <exception cref="ProblemException">The body is no JSON object, or its <c>ready</c> is neither true nor false.</exception>
    public static async Task<bool> WantsReadyAsync(HttpRequest request)
    {
        using JsonDocument? json = await ReadAsync(request);
        if (json?.RootElement.TryGetProperty("ready", out JsonElement ready) is not true)
        {
            return false;
        }

        return ready.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? ready.GetBoolean()
            : throw new ProblemException(ProblemKinds.InvalidParameter, "ready: it must be true or false.");
    }

    /// <summary>The object; null without a body.</summary>
    private static async Task<JsonDocument?> ReadAsync(HttpRequest request)
    {
        HttpContext http = request.HttpContext;
        using HeldBodies.Share share = http.RequestServices.GetRequiredService<HeldBodies>().Open("", ClientLimit.ClientOf(http));
        byte[] body = await http.RequestServices.GetRequiredService<PayloadReader>().ReadAsync(request, share, [], null, (read, _, _) => read.ReadAsync(), MostBytes)
            ?? throw ProblemPipeline.EndedEarly();
        if (body.Length == 0)
        {
            return null;
        }

        JsonDocument json = ClientJson.Parse(body, default, fault => Malformed($"the request cannot be read: {fault}."));
        if (json.RootElement.ValueKind == JsonValueKind.Object)
        {
            return json;
        }

        json.Dispose();
        throw Malformed("the request must be a JSON object.");
    }

    private static ProblemException Malformed(string what) => new(ProblemKinds.MalformedRequest, what);
}
