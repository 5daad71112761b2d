using System.Numerics.Tensors;

namespace Deq.Api.Tasks.Classification;

/// <summary>The most probable classes, and how clear the first of them is.</summary>
/// <param name="Predictions">Most probable first, as many as were asked for.</param>
/// <param name="Margin">The probability of the first class less that of the second, 0 to 1, whether or not the second was asked for.</param>
internal sealed record TopPredictions(IReadOnlyList<Prediction> Predictions, double Margin)
{
    /// <summary>Margins that differ by no more than this count as the same: one hundredth of all probability.</summary>
    public const double SameMargin = 0.01;

    /// <summary>The model's output that they were made of; null where it was not asked for.</summary>
    public IReadOnlyList<float>? Logits { get; init; }

    /// <summary>Softmax, then the <paramref name="top"/> largest; ties in the order of the labels. Null when the output is not finite.</summary>
    /// <param name="logits">One per label, at least two.</param>
    /// <param name="labels">Class names by index.</param>
    /// <param name="top">1 to the number of labels.</param>
    public static TopPredictions? Of(ReadOnlySpan<float> logits, IReadOnlyList<string> labels, int top)
    {
        float largest = TensorPrimitives.Max(logits);
        double[] weights = new double[logits.Length];
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = Math.Exp((double)logits[i] - largest);
            sum += weights[i];
        }

        if (!double.IsFinite(sum))
        {
            return null;
        }

        int[] order = [.. Enumerable.Range(0, weights.Length)];
        Array.Sort(order, (a, b) => weights[b].CompareTo(weights[a]) is var byWeight && byWeight != 0 ? byWeight : a.CompareTo(b));
        return new TopPredictions(
            [.. order.Take(top).Select(i => new Prediction(labels[i], i, weights[i] / sum))], (weights[order[0]] - weights[order[1]]) / sum);
    }

    /// <summary>Whether two iterates give the same answer: the same first class by the same margin. Two without an answer do not.</summary>
    public static bool AreSame(TopPredictions? one, TopPredictions? other) =>
        one is not null && other is not null
        && one.Predictions[0].Index == other.Predictions[0].Index
        && Math.Abs(one.Margin - other.Margin) <= SameMargin;
}
