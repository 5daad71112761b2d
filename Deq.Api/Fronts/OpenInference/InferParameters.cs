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

    public const string SequenceId = "sequence_id";

    public const string BinaryOutput = "binary_data_output";

    private const double MicrosecondsPerMillisecond = 1000;

    /// <summary>The name of a solve's parameter in the protocol, such as <c>deq_max_evaluations</c>.</summary>
    public static string NameOf(SolveParameter parameter) => NameOf(parameter.Name);

    /// <summary>A name in the protocol of what this API calls otherwise.</summary>
    public static string NameOf(string name) => Prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>Names and values as the rest of the API has them..</summary>
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
            given.Add(KeyValuePair.Create(
                SolveParameter.DeadlineMs.Name, Math.Ceiling(microseconds / MicrosecondsPerMillisecond).ToString(CultureInfo.InvariantCulture)));
        }

        if (CountOf(request, Priority) is > 0 and { } level)
        {
            given.Add(KeyValuePair.Create(SolveParameter.Priority.Name, level == 1 ? "high" : "normal"));
        }

        return request.Parameters.GetValueOrDefault(SequenceId) is null or "" or "0" ? given : throw new ProblemException(
            ProblemKinds.InvalidParameter, $"{SequenceId}: sequences are not served by this protocol; /api/v1/streams serves videos.");
    }

    private static ProblemException Unknown(string name, IReadOnlyList<SolveParameter> known)
    {
        string[] names = [.. known.Select(NameOf)];
        return new ProblemException(ProblemKinds.UnknownParameter, $"Unknown: {name.Shorten()}. Known: {string.Join(", ", names)}.")
            .With("unknown", new[] { name.Shorten() }).With("known", names);
    }

    private static double? CountOf(InferRequest request, string name) => request.Parameters.GetValueOrDefault(name) is not { } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count) ? count
        : throw new ProblemException(ProblemKinds.InvalidParameter, $"{name}: '{text.Shorten()}' is not acceptable; it must be a whole number of at least 0.");
}
