using Deq.Api.Solving;

namespace Deq.Api.Tasks.Classification;

/// <summary>The parameters that a request to classify takes beside those of every solve.</summary>
internal static class ClassificationParameters
{
    public static SolveParameter Logits { get; } = new(
        "logits", "boolean", "true or false", "Answer the model's output, a number per label before softmax, as logits too. Default false.", "true")
    {
        Accepts = text => bool.TryParse(text, out _),
    };

    /// <summary>All that requests take.</summary>
    public static IReadOnlyList<SolveParameter> All { get; } = [.. SolveParameter.All, Logits];

    /// <summary>Whether a request asks for the model's output.</summary>
    public static bool WantsLogits(SolveGrant grant) =>
        grant.Asked.OfTask.TryGetValue(Logits.Name, out string? text) && bool.Parse(text);
}
