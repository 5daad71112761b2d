using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Ensembles;

/// <summary>Feedback on answers, and the counts of right and wrong votes as a document.</summary>
internal sealed class TrustEndpoints(IServiceProvider services)
{
    private const int MostBytes = 64 << 10;
    private const int MostDepth = 8;

    private static readonly JsonSerializerOptions s_format = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = MostDepth,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false, MaxDepth = MostDepth };

    private static readonly Expected s_feedback = new("{\"answer\":\"…\",\"label\":\"…\"}", ["answer", "label"]);
    private static readonly Expected s_document = new(
        "{\"format\":1,\"members\":[{\"ensemble\":\"…\",\"member\":\"…\",\"right\":7,\"wrong\":3}]}", ["format", "members"]);

    private readonly EnsembleCatalogue _ensembles = services.GetRequiredService<EnsembleCatalogue>();
    private readonly EnsembleTrust _trust = services.GetRequiredService<EnsembleTrust>();
    private readonly TrustStore _store = services.GetRequiredService<TrustStore>();
    private readonly PayloadReader _reader = services.GetRequiredService<PayloadReader>();
    private readonly HeldBodies _bodies = services.GetRequiredService<HeldBodies>();

    /// <summary>Counts what the truth of an answer says of the members that voted; answers once that is on disk.</summary>
    public async Task<IResult> FeedbackAsync(string ensemble, HttpContext http)
    {
        Ensemble found = _ensembles.Find(ensemble);
        if (await ReadAsync<EnsembleFeedback>(found, http, s_feedback) is not { } feedback)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        if (!found.Labels.Contains(feedback.Label))
        {
            throw ProblemException.OfParameter("label", $"'{feedback.Label.Shorten()}' is no label of {found.Name}; it has {string.Join(", ", found.Labels)}.");
        }

        FeedbackOutcome outcome = await _store.Feedback(found.Name, feedback.Answer, feedback.Label);
        if (outcome != FeedbackOutcome.Recorded)
        {
            throw Refused(outcome, found, feedback);
        }

        _trust.Changed(found);
        return TypedResults.Ok(new FeedbackReceipt(found.Name, feedback.Answer, feedback.Label));
    }

    /// <summary>The counts of feedback and import.</summary>
    public Ok<TrustDocument> Export(string ensemble) => TypedResults.Ok(_store.Export(_ensembles.Find(ensemble).Name));

    /// <summary>Makes the counts those of a document.</summary>
    public async Task<IResult> ImportAsync(string ensemble, HttpContext http)
    {
        Ensemble found = _ensembles.Find(ensemble);
        if (await ReadAsync<TrustDocument>(found, http, s_document) is not { } document)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        string[] unknown = [.. document.Members.Select(count => count.Member).Except(found.Members.Select(member => member.Name)).Select(name => name.Shorten())];
        if (unknown.Length > 0)
        {
            throw ProblemException.OfParameter("members", $"{string.Join(", ", unknown)}: no member of {found.Name}; it has {string.Join(", ", found.Members.Select(member => member.Name))}.");
        }

        try
        {
            await _store.Replace(found.Name, document);
        }
        catch (TrustStoreException fault)
        {
            throw ProblemException.OfParameter("members", fault.Message);
        }

        _trust.Changed(found);
        return TypedResults.Ok(_store.Export(found.Name));
    }

    private async Task<T?> ReadAsync<T>(Ensemble ensemble, HttpContext http, Expected expected)
        where T : class
    {
        using HeldBodies.Share share = _bodies.Open(ensemble.Name, ClientLimit.ClientOf(http));
        byte[]? body = await _reader.ReadAsync(http.Request, share, [AcceptHeader.Json], expected.Missing, (read, _, _) => read.ReadAsync(), MostBytes);
        return body is null ? null : Read<T>(body, expected);
    }

    private static T Read<T>(byte[] body, Expected expected)
        where T : class
    {
        using (JsonDocument json = ClientJson.Parse(body, s_json, Unreadable))
        {
            if (expected.FaultOf(json.RootElement) is { } fault)
            {
                throw expected.Malformed($"The body {fault}");
            }
        }

        return ClientJson.Deserialize<T>(body, s_format, Unreadable);

        ProblemException Unreadable(string fault) => expected.Malformed($"The body cannot be read: {fault}");
    }

    private static ProblemException Refused(FeedbackOutcome outcome, Ensemble ensemble, EnsembleFeedback feedback) => outcome switch
    {
        FeedbackOutcome.Repeated => new(ProblemKinds.FeedbackRepeated, $"{feedback.Label} was given for this answer before; it is counted once."),
        FeedbackOutcome.Contradicting => new(ProblemKinds.FeedbackConflict, $"Another label than {feedback.Label} was given for this answer before; that one stays."),
        _ => new(ProblemKinds.AnswerNotFound, $"{ensemble.Name} has given no answer '{feedback.Answer.Shorten()}', or keeps it no longer."),
    };

    /// <summary>What a body must be.</summary>
    /// <param name="Example">One.</param>
    /// <param name="Members">The members of the object, all of them needed.</param>
    private sealed record Expected(string Example, IReadOnlyList<string> Members)
    {
        public ProblemException Missing() => new(ProblemKinds.MissingBody, $"The body is empty; it must be JSON such as {Example}.");

        public ProblemException Malformed(string fault) => new(ProblemKinds.MalformedRequest, $"{fault}; it must be JSON such as {Example}, without null, and each member once.");

        /// <summary>What is wrong with the members, after the words "The body"; null for nothing.</summary>
        public string? FaultOf(JsonElement body)
        {
            if (body.ValueKind != JsonValueKind.Object)
            {
                return "is no JSON object";
            }

            JsonProperty[] given = [.. body.EnumerateObject()];
            string[] names = [.. given.Select(member => member.Name)];
            return names.Except(Members, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } unknown ? $"has '{unknown.Shorten()}', which is unknown"
                : Members.Except(names, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } missing ? $"has no '{missing}'"
                : given.Where(member => member.Value.ValueKind == JsonValueKind.Null).Select(member => member.Name).FirstOrDefault() is { } empty ? $"has null as '{empty}'"
                : null;
        }
    }
}
