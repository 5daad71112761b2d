using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Tasks;

namespace Deq.Api.Streams;

/// <summary>Reads the JSON object that opens a stream.</summary>
internal static class StreamRequest
{
    public const string Model = "model";

    public const string Output = "output";

    public const string Warm = "warm";

    private static readonly SolveParameter[] s_solve =
        [SolveParameter.Budget, SolveParameter.MaxEvaluations, SolveParameter.Tolerance, SolveParameter.DeadlineMs, SolveParameter.Priority, SolveParameter.Solver];

    /// <summary>The names of its members.</summary>
    public static IReadOnlyList<string> Names { get; } = [Model, Output, Warm, .. s_solve.Select(parameter => parameter.Name)];

    /// <summary>The parameters of every frame's solve.</summary>
    public static IReadOnlyList<SolveParameter> Solve => s_solve;

    /// <exception cref="ProblemException">It is no such object, or names what there is not.</exception>
    public static StreamTerms Parse(byte[] body, ModelCatalog models, BudgetCatalog budgets, RequestLimits limits)
    {
        using JsonDocument document = Read(body);
        Dictionary<string, string> members = MembersOf(document.RootElement);
        if (!members.TryGetValue(Model, out string? name))
        {
            throw Invalid(Model, $"It is missing; it must be the name of a model whose task is {ModelTasks.Flow}.");
        }

        ServedModel model = models.Find(name);
        model.Require(ModelTasks.Flow);
        ModelBudgets profiles = budgets.Of(model);
        var asked = SolveRequest.Parse(
            members.Where(member => s_solve.Any(parameter => parameter.Name == member.Key)).Select(member => KeyValuePair.Create(member.Key, member.Value)),
            profiles,
            s_solve);
        return new StreamTerms
        {
            Model = model,
            Grant = SolveGrant.Of(asked, model.Manifest, limits),
            Output = OutputOf(members),
            IsWarm = IsWarm(members),
        };
    }

    private static JsonDocument Read(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 4 });
        }
        catch (JsonException fault)
        {
            throw new ProblemException(
                ProblemKinds.MalformedRequest, $"The body is no JSON, seen at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}; it must be an object such as {{\"model\":\"flow\"}}.");
        }
    }

    /// <summary>Every member's value as text: of strings what they say, of anything else how it is written.</summary>
    private static Dictionary<string, string> MembersOf(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "The body must be a JSON object such as {\"model\":\"flow\"}.");
        }

        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (JsonProperty member in root.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
            {
                string value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
                if (!members.TryAdd(member.Name, value))
                {
                    throw new ProblemException(ProblemKinds.ConflictingParameter, $"{Shorten(member.Name)} is given twice.");
                }
            }
        }
        catch (InvalidOperationException)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "A string in the body is no Unicode text.");
        }

        string[] unknown = [.. members.Keys.Except(Names).Select(Shorten)];
        return unknown.Length == 0 ? members : throw new ProblemException(
            ProblemKinds.UnknownParameter, $"Unknown: {string.Join(", ", unknown)}. Known: {string.Join(", ", Names)}.")
            .With("unknown", unknown).With("known", Names);
    }

    private static FlowFormat OutputOf(Dictionary<string, string> members) =>
        !members.TryGetValue(Output, out string? name) ? FlowFormat.Json
        : FlowFormat.All.FirstOrDefault(format => format.Type == name) ?? throw Invalid(
            Output, $"'{Shorten(name)}' is no output; there are {string.Join(", ", FlowFormat.All.Select(format => format.Type))}.");

    private static bool IsWarm(Dictionary<string, string> members) => members.GetValueOrDefault(Warm) switch
    {
        null or "true" => true,
        "false" => false,
        string other => throw Invalid(Warm, $"'{Shorten(other)}' is not acceptable; it must be true or false."),
    };

    public static ProblemException Invalid(string name, string message) =>
        new ProblemException(ProblemKinds.InvalidParameter, $"{name}: {message}")
            .With("errors", new Dictionary<string, string[]>(StringComparer.Ordinal) { [name] = [message] });

    public static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
