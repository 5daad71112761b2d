using System.Text.Json.Serialization;
using Deq.Api.Solving;

namespace Deq.Api.Tasks.Classification;

/// <summary>The answer for one image.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the model's bundle.</param>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Solve">How the answer was found.</param>
internal sealed record ClassificationAnswer(
    string Model, string Version, string Sha256, IReadOnlyList<Prediction> Predictions, SolveReport Solve)
{
    /// <summary>The model's output by label, before softmax; absent where it was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<float>? Logits { get; init; }
}

/// <summary>The answers for several images.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the model's bundle.</param>
/// <param name="Results">One per image, in the order in which the request brought them.</param>
internal sealed record ClassificationAnswers(string Model, string Version, string Sha256, IReadOnlyList<ImageResult> Results);

/// <summary>The answer for one image of several.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Solve">How the answer was found.</param>
internal sealed record ImageResult(IReadOnlyList<Prediction> Predictions, SolveReport Solve)
{
    /// <summary>The model's output by label, before softmax; absent where it was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<float>? Logits { get; init; }
}

/// <summary>One class.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Index">Its place among the model's labels.</param>
/// <param name="Probability">Softmax of the model's output, 0 to 1.</param>
internal sealed record Prediction(string Label, int Index, double Probability);

/// <summary>Where the solve of one image stands after an evaluation.</summary>
/// <param name="Image">The image's place in the request, from 0.</param>
/// <param name="Evaluations">Evaluations of the cell so far.</param>
/// <param name="Residual">‖f(z) − z‖ / ‖f(z)‖ at the best iterate; null while none is finite.</param>
/// <param name="Predictions">What the best iterate says, most probable first; empty while none is finite.</param>
internal sealed record IterateEvent(int Image, int Evaluations, double? Residual, IReadOnlyList<Prediction> Predictions);
