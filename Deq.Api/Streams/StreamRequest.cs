using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;

namespace Deq.Api.Streams;

/// <summary>Reads the JSON object that opens a stream.</summary>
internal static class StreamRequest
{
    public const string Model = "model";

    public const string Output = "output";

    public const string Warm = "warm";

    private static readonly SolveParameter[] s_solve =
        [SolveParameter.Budget, SolveParameter.MaxEvaluations, SolveParameter.Tolerance, SolveParameter.DeadlineMs, SolveParameter.Priority, SolveParameter.Solver];

    /// <summary>The names of its members that streams of every task take.</summary>
    public static IReadOnlyList<string> Names { get; } = [Model, Output, Warm, .. s_solve.Select(parameter => parameter.Name)];

    /// <summary>The parameters of every frame's solve.</summary>
    public static IReadOnlyList<SolveParameter> Solve => s_solve;

    /// <exception cref="ProblemException">It is no such object, or names what there is not.</exception>
    public static StreamTerms Parse(byte[] body, ModelCatalogue models, BudgetCatalogue budgets, RequestLimits limits, IReadOnlyList<IStreamedTask> tasks, PathOfTask paths)
    {
        using JsonDocument document = ClientJson.Parse(body, new JsonDocumentOptions { MaxDepth = 4 }, fault => new ProblemException(
            ProblemKinds.MalformedRequest, $"The body must be a JSON object such as {{\"model\":\"name\"}}; {fault}."));
        Dictionary<string, string> members = MembersOf(document.RootElement);
        RefuseUnknown(members, [.. Names, .. tasks.SelectMany(each => each.Parameters).Select(parameter => parameter.Name)]);
        string names = string.Join(" or ", tasks.Select(each => each.Task.Name));
        if (!members.TryGetValue(Model, out string? name))
        {
            throw ProblemException.OfParameter(Model, $"It is missing; it must be the name of a model whose task is {names}.");
        }

        ServedModel model = models.Find(name);
        IStreamedTask? task = tasks.FirstOrDefault(each => each.Task.Name == model.Manifest.Task);
        model.Require(task is not null, names, paths);
        SolveParameter[] parameters = [.. s_solve, .. task!.Parameters];
        RefuseUnknown(members, [.. Names, .. task.Parameters.Select(parameter => parameter.Name)]);
        var asked = SolveRequest.Parse(
            members.Where(member => parameters.Any(parameter => parameter.Name == member.Key)).Select(member => KeyValuePair.Create(member.Key, member.Value)),
            budgets.Of(model),
            parameters);
        var grant = SolveGrant.Of(asked, model.Manifest, limits);
        return new StreamTerms
        {
            Model = model.Manifest.Name,
            Version = model.Manifest.Version,
            Sha256 = model.Sha256,
            Grant = grant,
            Budget = task.BudgetOf(grant),
            Output = OutputOf(members, task.Outputs),
            IsWarm = IsWarm(members),
        };
    }

    /// <summary>Every member's value as text: of strings what they say, of anything else how it is written.</summary>
    private static Dictionary<string, string> MembersOf(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "The body must be a JSON object such as {\"model\":\"name\"}.");
        }

        RequireType(root, Model, "a text", JsonValueKind.String);
        RequireType(root, Output, "a text", JsonValueKind.String);
        RequireType(root, Warm, "true or false", JsonValueKind.True, JsonValueKind.False);
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty member in root.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
        {
            string value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
            if (!members.TryAdd(member.Name, value))
            {
                throw new ProblemException(ProblemKinds.ConflictingParameter, $"{member.Name.Shorten()} is given twice.");
            }
        }

        return members;
    }

    private static void RequireType(JsonElement root, string name, string expected, params JsonValueKind[] kinds)
    {
        if (root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null && !kinds.Contains(value.ValueKind))
        {
            throw ProblemException.OfParameter(name, $"{value.GetRawText().Shorten()} is not acceptable; it must be {expected}.");
        }
    }

    private static void RefuseUnknown(Dictionary<string, string> members, string[] known)
    {
        string[] unknown = [.. members.Keys.Except(known).Select(ClientText.Shorten)];
        if (unknown.Length > 0)
        {
            throw new ProblemException(ProblemKinds.UnknownParameter, $"Unknown: {string.Join(", ", unknown)}. Known: {string.Join(", ", known)}.")
                .With("unknown", unknown).With("known", known);
        }
    }

    private static string OutputOf(Dictionary<string, string> members, IReadOnlyList<string> outputs) =>
        !members.TryGetValue(Output, out string? name) ? outputs[0]
        : outputs.Contains(name) ? name
        : throw ProblemException.OfParameter(Output, $"'{name.Shorten()}' is no output; there are {string.Join(", ", outputs)}.");

    private static bool IsWarm(Dictionary<string, string> members) => members.GetValueOrDefault(Warm) != "false";
}
