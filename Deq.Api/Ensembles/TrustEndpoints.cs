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

    private readonly EnsembleCatalogue _ensembles = services.GetRequiredService<EnsembleCatalogue>();
    private readonly EnsembleTrust _trust = services.GetRequiredService<EnsembleTrust>();
    private readonly TrustStore _store = services.GetRequiredService<TrustStore>();
    private readonly PayloadReader _reader = services.GetRequiredService<PayloadReader>();
    private readonly HeldBodies _bodies = services.GetRequiredService<HeldBodies>();

    /// <summary>Counts what the truth of an answer says of the members that voted; answers once that is on disk.</summary>
    public async Task<IResult> FeedbackAsync(string ensemble, HttpContext http)
    {
        Ensemble found = _ensembles.Find(ensemble);
        if (await ReadAsync<EnsembleFeedback>(found, http, "{\"answer\":\"…\",\"label\":\"…\"}") is not { } feedback)
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
        if (await ReadAsync<TrustDocument>(found, http, "{\"format\":1,\"members\":[…]}") is not { } document)
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

    private async Task<T?> ReadAsync<T>(Ensemble ensemble, HttpContext http, string example)
        where T : class
    {
        using HeldBodies.Share share = _bodies.Open(ensemble.Name, ClientLimit.ClientOf(http));
        byte[]? body = await _reader.ReadAsync(http.Request, share, [AcceptHeader.Json], Missing, (read, _, _) => read.ReadAsync(), MostBytes);
        return body is null ? null : ClientJson.Deserialize<T>(body, s_format, _ => Malformed());

        ProblemException Malformed() => new(ProblemKinds.MalformedRequest, $"The body is not as expected; it must be JSON such as {example}, without null, and each member once.");

        ProblemException Missing() => new(ProblemKinds.MissingBody, $"The body is empty; it must be JSON such as {example}.");
    }

    private static ProblemException Refused(FeedbackOutcome outcome, Ensemble ensemble, EnsembleFeedback feedback) => outcome switch
    {
        FeedbackOutcome.Repeated => new(ProblemKinds.FeedbackRepeated, $"{feedback.Label} was given for this answer before; it is counted once."),
        FeedbackOutcome.Contradicting => new(ProblemKinds.FeedbackConflict, $"Another label than {feedback.Label} was given for this answer before; that one stays."),
        _ => new(ProblemKinds.AnswerNotFound, $"{ensemble.Name} has given no answer '{feedback.Answer.Shorten()}', or keeps it no longer."),
    };
}
