namespace Deq.Runtime.FixedPoints;

/// <summary>A residual of a task's own that follows from a few sums over each row. Where states live decides how the sums are taken.</summary>
public interface ISummedResidual
{
    /// <summary>See <see cref="IResidual.Parts"/>.</summary>
    IReadOnlyList<string> Parts { get; }

    /// <summary>How many sums are taken of each row.</summary>
    int Sums { get; }

    /// <summary>Takes the sums of one row in host memory.</summary>
    /// <param name="z">The state, <c>[D]</c>.</param>
    /// <param name="fz">What it was mapped to, <c>[D]</c>.</param>
    /// <param name="sums">Receives <c>[Sums]</c>.</param>
    void Sum(ReadOnlySpan<float> z, ReadOnlySpan<float> fz, Span<double> sums);

    /// <summary>The ONNX model that takes the sums on a device: a (z) and v0 (f(z)), <c>[R, D]</c> float, become r, <c>[R, Sums]</c> double.</summary>
    /// <param name="width">D.</param>
    byte[] Graph(int width);

    /// <summary>The residual of a row.</summary>
    /// <param name="difference">‖f(z) − z‖².</param>
    /// <param name="magnitude">‖f(z)‖².</param>
    /// <param name="sums">The row's sums, <c>[Sums]</c>.</param>
    RowResidual Of(double difference, double magnitude, ReadOnlySpan<double> sums);
}
