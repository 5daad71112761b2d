using System.Numerics.Tensors;

namespace Deq.Api.Classification;

/// <summary>The most probable classes.</summary>
internal static class TopPredictions
{
    /// <summary>Softmax, then the <paramref name="top"/> largest; ties in the order of the labels. Null when the output is not finite.</summary>
    /// <param name="logits">One per label.</param>
    /// <param name="labels">Class names by index.</param>
    /// <param name="top">1 to the number of labels.</param>
    public static IReadOnlyList<Prediction>? Of(ReadOnlySpan<float> logits, IReadOnlyList<string> labels, int top)
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
        return [.. order.Take(top).Select(i => new Prediction(labels[i], i, weights[i] / sum))];
    }
}
