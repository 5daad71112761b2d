using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Reasoning;

/// <summary><c>POST /api/v1/models/{model}/reason</c>: a grid or sequence of tokens in, its answer out.</summary>
internal sealed class ServedReasoning(PayloadReader reader, RequestLimits limits, DecodingThreads decoding) : IServedTask
{
    /// <summary>Bytes of a body that is read where it has come.</summary>
    private const int Small = 16 << 10;

    /// <summary>The most that a byte of a body becomes on the way to tokens: text, a copy of it, and numbers.</summary>
    private const long BytesPerByte = 8;

    public IModelTask Task { get; } = new ReasoningTask();

    public string Path => "reason";

    public TaskText Text { get; } = new(
        "Reasoning",
        "Answers a puzzle, or several.",
        "Send a JSON object with input, or inputs for several, and parameters beside it; or a question as text with parameters in the query. effort decides "
            + "evaluations, starts and tolerance. settled says whether the state has come to rest; valid, where there is a checker, whether the answer solves the question. "
            + "With Accept: text/event-stream the solve can be watched: iterate events, then one result or problem event.");

    public IReadOnlyList<SolveParameter> Parameters => ReasoningParameters.All;

    public IReadOnlyList<ProblemKind> Problems { get; } = [ProblemKinds.InvalidInput, ProblemKinds.TooManyImages, ProblemKinds.ImageTooLarge];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, AcceptHeader.EventStream];

    public Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        reader.ReadAsync(request, share, ReasoningBody.Types, Missing, async (body, type, _) => await body.ReadAsync() is { } bytes
            && await QuestionsAsync(body, () => ReasoningBody.Read(bytes, type, new QuestionReader(model.Manifest), limits.Images), bytes.Length) is { } questions
            ? InputOf(questions, model)
            : null);

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType) => ((ReasoningSolves)parts[0].Subject!).Answer(parts);

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => ReasoningDocumentation.Describe(operation, context);

    /// <summary>Reads a body, a large one not on the thread that received it. Null when the client has left.</summary>
    private async Task<ReasoningBody?> QuestionsAsync(RequestBody body, Func<ReasoningBody> read, int length)
    {
        if (length <= Small)
        {
            return read();
        }

        body.Share.Add(BytesPerByte * length);
        try
        {
            return await decoding.RunAsync(body.Share.Client, read, body.Deadline.Token);
        }
        catch (OperationCanceledException) when (!body.Deadline.HasPassed)
        {
            return null;
        }
    }

    private static TaskInput InputOf(ReasoningBody body, ServedModel model) => new(
        (grant, _) => new ReasoningSolves(model, body, ReasoningGrant.Of(grant, model.Manifest, body.Questions.Count)).Parts(), body.Fields);

    private static ProblemException Missing() => new(
        ProblemKinds.MissingBody, $"The body is empty; it must be a question, as {string.Join(" or ", ReasoningBody.Types)}.");
}

internal static class ReasoningServing
{
    public static void AddReasoning(this WebApplicationBuilder builder) => builder.Services.AddSingleton<IServedTask, ServedReasoning>();
}
