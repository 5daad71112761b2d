using System.Globalization;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>What the parameters of a request say of its solve. Those of this server begin with <c>deq_</c>; of the protocol's own <c>timeout</c> and <c>priority</c> count.</summary>
internal static class InferParameters
{
    public const string Prefix = "deq_";

    /// <summary>Microseconds that the request may take; 0 is none.</summary>
    public const string Timeout = "timeout";

    /// <summary>1 is high, 0 is the default, and larger numbers are normal.</summary>
    public const string Priority = "priority";

    /// <summary>A number or a text; 0 and an empty one are none.</summary>
    public const string SequenceId = "sequence_id";

    public const string SequenceStart = "sequence_start";

    public const string SequenceEnd = "sequence_end";

    /// <summary>Characters of a sequence's id.</summary>
    private const int MostOfId = 128;

    public const string BinaryOutput = "binary_data_output";

    private const ulong MicrosecondsPerMillisecond = 1000;

    /// <summary>The name of a solve's parameter in the protocol, such as <c>deq_max_evaluations</c>.</summary>
    public static string NameOf(SolveParameter parameter) => NameOf(parameter.Name);

    /// <summary>A name in the protocol of what this API calls otherwise.</summary>
    public static string NameOf(string name) => Prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>Names and values as the rest of the API has them.</summary>
    /// <exception cref="ProblemException">A parameter of this server is unknown, or one of the protocol has no acceptable value.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> SolveOf(InferRequest request, IReadOnlyList<SolveParameter> known)
    {
        List<KeyValuePair<string, string>> given = [];
        foreach ((string name, string value) in request.Parameters)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                SolveParameter parameter = known.FirstOrDefault(each => NameOf(each) == name) ?? throw Unknown(name, known);
                given.Add(KeyValuePair.Create(parameter.Name, value));
            }
        }

        if (CountOf(request, Timeout) is > 0 and { } microseconds)
        {
            // Rounded up: less than a millisecond is not none.
            ulong milliseconds = 1 + ((microseconds - 1) / MicrosecondsPerMillisecond);
            given.Add(KeyValuePair.Create(SolveParameter.DeadlineMs.Name, milliseconds.ToString(CultureInfo.InvariantCulture)));
        }

        if (CountOf(request, Priority) is > 0 and { } level)
        {
            given.Add(KeyValuePair.Create(SolveParameter.Priority.Name, level == 1 ? "high" : "normal"));
        }

        return given;
    }

    /// <summary>Which sequence a request belongs to; null: to none.</summary>
    /// <exception cref="ProblemException">The id is too long, or a flag is none or without an id.</exception>
    public static InferSequence? SequenceOf(InferRequest request)
    {
        (bool isStart, bool isEnd) = (FlagOf(request, SequenceStart), FlagOf(request, SequenceEnd));
        if (request.Parameters.GetValueOrDefault(SequenceId) is { } id and not ("" or "0"))
        {
            return id.Length <= MostOfId ? new InferSequence(id, isStart, isEnd) : throw new ProblemException(
                ProblemKinds.InvalidParameter, $"{SequenceId}: '{id.Shorten()}' is not acceptable; it has at most {MostOfId} characters.");
        }

        return isStart || isEnd
            ? throw new ProblemException(ProblemKinds.InvalidParameter, $"{(isStart ? SequenceStart : SequenceEnd)}: there is no {SequenceId} other than 0.")
            : null;
    }

    /// <summary>The problem of an id that is neither.</summary>
    public static ProblemException NoId() => new(ProblemKinds.InvalidParameter, $"{SequenceId}: it must be a text, or a whole number of at least 0.");

    private static bool FlagOf(InferRequest request, string name) => request.Parameters.GetValueOrDefault(name) switch
    {
        null or "false" => false,
        "true" => true,
        { } other => throw new ProblemException(ProblemKinds.InvalidParameter, $"{name}: '{other.Shorten()}' is not acceptable; it must be true or false."),
    };

    private static ProblemException Unknown(string name, IReadOnlyList<SolveParameter> known)
    {
        string[] names = [.. known.Select(NameOf)];
        return new ProblemException(ProblemKinds.UnknownParameter, $"Unknown: {name.Shorten()}. Known: {string.Join(", ", names)}.")
            .With("unknown", new[] { name.Shorten() }).With("known", names);
    }

    private static ulong? CountOf(InferRequest request, string name) => request.Parameters.GetValueOrDefault(name) is not { } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count) ? count
        : throw new ProblemException(ProblemKinds.InvalidParameter, $"{name}: '{text.Shorten()}' is not acceptable; it must be a whole number of at least 0.");
}
