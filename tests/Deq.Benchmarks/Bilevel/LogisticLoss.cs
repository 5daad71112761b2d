using System.Numerics.Tensors;

namespace Deq.Benchmarks.Bilevel;

/// <summary>Mean logistic loss of a linear classifier, (1/n)·Σ log(1 + exp(−y_i·x_iᵀw)), with its first and second derivatives. Owns its buffers.</summary>
/// <remarks>The margins m = X·w are the caller's: a line search moves them without another pass over X.</remarks>
/// <param name="rows">The examples, at least one.</param>
internal sealed class LogisticLoss(LabelledRows rows)
{
    private readonly double[] _residuals = new double[rows.Labels.Length];
    private readonly double[] _curvatures = new double[rows.Labels.Length];
    private readonly double[] _image = new double[rows.Labels.Length];
    private readonly double[] _margins = new double[rows.Labels.Length];

    /// <summary>n.</summary>
    public int Count => rows.Labels.Length;

    /// <summary>p.</summary>
    public int Width => rows.Features.Width;

    /// <summary>m ← X·w.</summary>
    public void Margins(ReadOnlySpan<double> w, Span<double> margins) => rows.Features.Multiply(w, margins);

    /// <summary>The loss at w, in nats.</summary>
    public double Value(ReadOnlySpan<double> w)
    {
        Margins(w, _margins);
        return ValueAt(_margins);
    }

    /// <summary>The loss at margins, in nats.</summary>
    public double ValueAt(ReadOnlySpan<double> margins)
    {
        double sum = 0;
        for (int i = 0; i < margins.Length; i++)
        {
            double t = -rows.Labels[i] * margins[i];
            sum += Math.Max(t, 0) + Math.Log(1 + Math.Exp(-Math.Abs(t)));
        }

        return sum / Count;
    }

    /// <summary>The gradient at w.</summary>
    public void Gradient(ReadOnlySpan<double> w, Span<double> gradient)
    {
        Margins(w, _margins);
        GradientAt(_margins, gradient);
    }

    /// <summary>The gradient at margins, <c>[p]</c>.</summary>
    public void GradientAt(ReadOnlySpan<double> margins, Span<double> gradient)
    {
        for (int i = 0; i < margins.Length; i++)
        {
            _residuals[i] = -rows.Labels[i] / (1 + Math.Exp(rows.Labels[i] * margins[i])) / Count;
        }

        rows.Features.MultiplyTransposed(_residuals, gradient);
    }

    /// <summary>Fixes where the second derivative is taken.</summary>
    public void Linearise(ReadOnlySpan<double> w)
    {
        Margins(w, _margins);
        for (int i = 0; i < _margins.Length; i++)
        {
            double share = 1 / (1 + Math.Exp(-_margins[i]));
            _curvatures[i] = share * (1 - share) / Count;
        }
    }

    /// <summary>result ← Xᵀ·diag(σ(1 − σ)/n)·X·x at the place of <see cref="Linearise"/>.</summary>
    public void MultiplyCurvature(ReadOnlySpan<double> x, Span<double> result)
    {
        rows.Features.Multiply(x, _image);
        TensorPrimitives.Multiply(_image, _curvatures, _image);
        rows.Features.MultiplyTransposed(_image, result);
    }
}
