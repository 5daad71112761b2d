using static TorchSharp.torch;

namespace Deq.Export.Verification;

/// <summary>How far two results of the same graph are apart.</summary>
internal static class TensorDifference
{
    /// <summary>Keeps the largest difference of any number, as a share of the largest expected magnitude (where all are 0, as it is), by what was compared; NaN stays.</summary>
    /// <param name="differences">What was found so far.</param>
    /// <param name="part">What is compared.</param>
    /// <param name="torch">What is expected.</param>
    /// <param name="onnx">The other, row-major.</param>
    public static void Note(SortedDictionary<string, double> differences, string part, Tensor torch, ReadOnlySpan<float> onnx)
    {
        float[] values = torch.reshape(-1).contiguous().data<float>().ToArray();
        double magnitude = values.Aggregate(0.0, (most, value) => Math.Max(most, Math.Abs(value)));
        double unit = magnitude == 0 ? 1 : magnitude;
        double largest = differences.GetValueOrDefault(part);
        for (int i = 0; i < values.Length; i++)
        {
            double difference = Math.Abs((double)values[i] - onnx[i]) / unit;
            largest = difference > largest || double.IsNaN(difference) ? difference : largest;
        }

        differences[part] = largest;
    }
}
