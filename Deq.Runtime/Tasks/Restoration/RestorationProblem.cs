using System.Numerics.Tensors;
using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>One plane to restore: minimize ½‖Hz − y‖² + λ·R(z; σ_R) over the picture and a margin around it.</summary>
/// <remarks>
/// R at σ_R stands for σ_R² times minus the logarithm of how likely a picture is, so at noise σ the weight is λ·(σ/σ_R)² (times what suits the operator); σ_R is σ within
/// what was trained, and more where H loses what only the regulariser can give back. The step is preconditioned by diag(HᵀH).
/// </remarks>
public sealed class RestorationProblem
{
    /// <summary>Measured pixels along a side of what is continued or begun anew together.</summary>
    private const int Block = 8;

    private readonly Degradation _degradation;
    private readonly MeasuredGrid _grid;
    private readonly double _noise;
    private readonly int _margin;
    private readonly double _step;
    private readonly double _curvature;
    private readonly double _concavity;

    /// <summary>States the problem.</summary>
    /// <param name="degradation">H.</param>
    /// <param name="height">Of the measured picture.</param>
    /// <param name="width">Of the measured picture.</param>
    /// <param name="manifest">A restorer's.</param>
    /// <param name="sigma">Standard deviation of the noise, grey levels of 255, above 0.</param>
    /// <param name="lambda">How strongly to restore; 1 is what was trained.</param>
    public RestorationProblem(Degradation degradation, int height, int width, ModelManifest manifest, double sigma, double lambda)
    {
        ArgumentNullException.ThrowIfNull(degradation);
        ArgumentNullException.ThrowIfNull(manifest);
        var contract = RestorationContract.Of(manifest);
        (_degradation, _noise) = (degradation, sigma / 255);
        _margin = MarginOf(degradation, manifest);
        (Height, Width) = (height * degradation.Factor, width * degradation.Factor);
        Shape = manifest.Input.Sizes!.ShapeOf(Height + (2 * _margin), Width + (2 * _margin));
        int first = _margin + ((degradation.Factor - 1) / 2);
        _grid = new MeasuredGrid(Shape.Width, degradation.Factor, first, first, height, width);
        RegularizerSigma = Math.Clamp(Math.Max(sigma, RestorationScales.LeastSigma(degradation)), contract.LeastSigma, contract.MostSigma);
        Strength = lambda * RestorationScales.Strength(degradation) * Math.Pow(Math.Max(sigma, RestorationScales.LeastNoise(degradation)) / RegularizerSigma, 2);
        (_curvature, _concavity) = (contract.Curvature, contract.Concavity);
        _step = contract.Step * (1 + contract.Curvature);
    }

    /// <summary>Of the restored picture, pixels.</summary>
    public int Height { get; }

    /// <summary>Of the restored picture, pixels.</summary>
    public int Width { get; }

    /// <summary>Of the plane that is solved for: the picture with its margin, padded.</summary>
    public ShapeKey Shape { get; }

    /// <summary>σ_R, grey levels.</summary>
    public double RegularizerSigma { get; }

    /// <summary>The weight of R.</summary>
    public double Strength { get; }

    /// <summary>Whether the problem has one solution for certain: noise alone, with a curvature of ½‖z − y‖² that outweighs the regulariser's.</summary>
    public bool IsUnique => _degradation.KeepsAll && Strength * _concavity <= 1;

    /// <summary>The tolerance of a request that names none.</summary>
    /// <param name="manifest">The default in the manifest.</param>
    public double UsualTolerance(double manifest) => _degradation.KeepsAll ? manifest : RestorationScales.LossyTolerance * manifest;

    /// <summary>The budget of a request that names none.</summary>
    /// <param name="manifest">The default in the manifest.</param>
    public int UsualEvaluations(int manifest) => _degradation.KeepsAll ? manifest : RestorationScales.LossyEvaluations * manifest;

    /// <summary>Pixels that are added along each edge: what the regulariser needs, and what a kernel reaches.</summary>
    public static int MarginOf(Degradation degradation, ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(degradation);
        return Math.Max(RestorationContract.Of(manifest).Margin, (degradation.Kernel?.Radius ?? 0) + 2);
    }

    /// <summary>Fills the encoder's input, and makes the state from which a solve starts: the measured picture, enlarged or with its gaps filled.</summary>
    /// <param name="measured">y, <c>[height, width]</c>, 0 black to 1 white.</param>
    /// <param name="planes">Receives <c>[7, H, W]</c>.</param>
    /// <param name="start">Receives <c>[H, W]</c>.</param>
    public void Fill(ReadOnlySpan<float> measured, Span<float> planes, Span<float> start)
    {
        int area = Shape.Height * Shape.Width;
        planes.Clear();
        Start(measured, start);
        start.CopyTo(planes.Slice(RestorationPlanes.Guide * area, area));
        planes.Slice(RestorationPlanes.Lossy * area, area).Fill(_degradation.KeepsAll ? 0 : 1);
        planes.Slice(RestorationPlanes.Sigma * area, area).Fill((float)(RegularizerSigma / 255));
        Span<float> weight = planes.Slice(RestorationPlanes.Weight * area, area);
        Span<float> target = planes.Slice(RestorationPlanes.Target * area, area);
        Span<float> strength = planes.Slice(RestorationPlanes.Strength * area, area);
        if (_degradation.Kernel is { } kernel)
        {
            double step = _step / (kernel.SquaredNormBound(_degradation.Factor) + (_curvature * Strength));
            strength.Fill((float)(step * Strength));
            _grid.Scatter(measured, kernel.Taps, kernel.Size, (float)step, target);
            ConvolutionTerm.Write(kernel, _grid, step, planes.Slice(RestorationPlanes.Kernel * area, area));
            return;
        }

        if (_degradation.Known is not null)
        {
            ConvolutionTerm.WriteProjection(planes.Slice(RestorationPlanes.Kernel * area, area));
        }

        for (int pixel = 0; pixel < area; pixel++)
        {
            int place = Mirrored(pixel);
            bool isKnown = _degradation.Known is not { } mask || mask[place];
            float step = (float)(_step / ((isKnown ? 1 : 0) + (_curvature * Strength)));

            // Where nothing was measured the step grows beyond all numbers as the strength becomes nothing, and their product stays what it is.
            (weight[pixel], target[pixel]) = isKnown ? (step, step * measured[place]) : (0, 0);
            strength[pixel] = float.IsFinite(step) ? (float)(step * Strength) : (float)(_step / _curvature);
        }
    }

    /// <summary>Cuts the margin off. Null when a number that is left is not finite.</summary>
    /// <param name="output">Of the decoder, <c>[H, W]</c>.</param>
    public float[]? Cut(ReadOnlySpan<float> output)
    {
        float[] picture = new float[Height * Width];
        for (int row = 0; row < Height; row++)
        {
            output.Slice(((_margin + row) * Shape.Width) + _margin, Width).CopyTo(picture.AsSpan(row * Width));
        }

        return TensorPrimitives.IsFiniteAll<float>(picture) ? picture : null;
    }

    /// <summary>The sum of (Hz − y)² over measured pixels, and how many they are.</summary>
    /// <param name="output">z, <c>[H, W]</c>.</param>
    /// <param name="measured">y.</param>
    /// <param name="tile">Which pixels of y count: those it keeps. Default null: all.</param>
    public (double Squares, int Count) Misfit(ReadOnlySpan<float> output, ReadOnlySpan<float> measured, PictureTile? tile = null)
    {
        float[] seen = Unexplained(output, measured);
        PictureTile kept = tile ?? PictureTile.Whole(_grid.Rows, _grid.Columns);
        (double squares, int count) = (0, 0);
        for (int row = 0; row < kept.Down.Kept; row++)
        {
            int first = ((kept.Down.KeptFrom + row) * _grid.Columns) + kept.Across.KeptFrom;
            for (int pixel = first; pixel < first + kept.Across.Kept; pixel++)
            {
                bool counts = _degradation.Known is not { } known || known[pixel];
                (squares, count) = counts ? (squares + (seen[pixel] * (double)seen[pixel]), count + 1) : (squares, count);
            }
        }

        return (squares, count);
    }

    /// <summary>
    /// Starts where the solve of an earlier picture of the same size ended, in blocks of 8 × 8 measured pixels that its answer explains; in the others, which have changed,
    /// the start stays as <see cref="Fill"/> made it. The share of blocks that are continued.
    /// </summary>
    /// <remarks>
    /// From the measured picture a solve has the noise to remove, of variance σ². Its answer differs from the earlier one by some d, and of that one Hz − y has the
    /// variance σ² + d² where the noise of both is independent: so the earlier answer is nearer where its mean square is below 2σ².
    /// </remarks>
    /// <param name="last">The earlier solve's z, <c>[H, W]</c>.</param>
    /// <param name="measured">y.</param>
    /// <param name="start">As <see cref="Fill"/> made it.</param>
    public double Continue(ReadOnlySpan<float> last, ReadOnlySpan<float> measured, Span<float> start)
    {
        float[] unexplained = Unexplained(last, measured);
        (int continued, int blocks) = (0, 0);
        for (int row = 0; row < _grid.Rows; row += Block)
        {
            for (int column = 0; column < _grid.Columns; column += Block, blocks++)
            {
                if (MeanSquare(unexplained, row, column) <= 2 * _noise * _noise)
                {
                    Copy(last, start, row, column);
                    continued++;
                }
            }
        }

        return (double)continued / blocks;
    }

    /// <summary>
    /// E(z) = ½‖Hz − y‖² + λ·R(z; σ_R), whose gradient the cell descends: f(z) = z − τ∘∇E(z), where nothing is projected. Over the whole plane, margin included; units of
    /// the grey range, squared.
    /// </summary>
    /// <param name="state">z, <c>[H, W]</c>.</param>
    /// <param name="measured">y.</param>
    /// <param name="regularizer">R(z; σ_R), which the model's graph of the energy gives.</param>
    public double Energy(ReadOnlySpan<float> state, ReadOnlySpan<float> measured, double regularizer)
    {
        if (_degradation.Kernel is { } kernel)
        {
            float[] seen = new float[measured.Length];
            _grid.Gather(state, kernel.Taps, kernel.Size, seen);
            return (Math.Pow(TensorPrimitives.Distance(seen, measured), 2) / 2) + (Strength * regularizer);
        }

        int[] columns = [.. Enumerable.Range(-_margin, Shape.Width).Select(column => Folded(column, _grid.Columns))];
        double squares = 0;
        for (int pixel = 0, row = 0; row < Shape.Height; row++)
        {
            int first = Folded(row - _margin, _grid.Rows) * _grid.Columns;
            foreach (int column in columns)
            {
                double misfit = state[pixel++] - measured[first + column];
                squares += _degradation.Known?[first + column] == false ? 0 : misfit * misfit;
            }
        }

        return (squares / 2) + (Strength * regularizer);
    }

    /// <summary>Hz − y.</summary>
    private float[] Unexplained(ReadOnlySpan<float> output, ReadOnlySpan<float> measured)
    {
        float[] seen = new float[measured.Length];
        if (_degradation.Kernel is { } kernel)
        {
            _grid.Gather(output, kernel.Taps, kernel.Size, seen);
        }
        else
        {
            Cut(output)?.CopyTo(seen, 0);
        }

        TensorPrimitives.Subtract(seen, measured, seen);
        return seen;
    }

    /// <summary>Of a block's measured pixels; infinite where it has none.</summary>
    private double MeanSquare(float[] unexplained, int top, int left)
    {
        (double squares, int count) = (0, 0);
        for (int row = top; row < Math.Min(top + Block, _grid.Rows); row++)
        {
            for (int pixel = (row * _grid.Columns) + left; pixel < (row * _grid.Columns) + Math.Min(left + Block, _grid.Columns); pixel++)
            {
                bool counts = _degradation.Known is not { } known || known[pixel];
                (squares, count) = counts ? (squares + (unexplained[pixel] * (double)unexplained[pixel]), count + 1) : (squares, count);
            }
        }

        return count > 0 ? squares / count : double.PositiveInfinity;
    }

    /// <summary>Copies the pixels of the plane that a block measures, and of those at an edge the margin beside them.</summary>
    private void Copy(ReadOnlySpan<float> from, Span<float> to, int row, int column)
    {
        (int top, int bottom) = Reach(row, _grid.Rows, Shape.Height);
        (int left, int right) = Reach(column, _grid.Columns, Shape.Width);
        for (int line = top; line < bottom; line++)
        {
            from[((line * Shape.Width) + left)..((line * Shape.Width) + right)].CopyTo(to[((line * Shape.Width) + left)..]);
        }
    }

    private (int First, int End) Reach(int place, int count, int side) =>
        (place == 0 ? 0 : _margin + (place * _degradation.Factor), place + Block >= count ? side : _margin + ((place + Block) * _degradation.Factor));

    private void Start(ReadOnlySpan<float> measured, Span<float> state)
    {
        float[]? filled = _degradation.Known is { } known ? GapFilling.Fill(measured, known, _grid.Rows, _grid.Columns) : null;
        ReadOnlySpan<float> source = filled ?? measured;
        for (int pixel = 0; pixel < state.Length; pixel++)
        {
            state[pixel] = _degradation.Factor == 1 ? source[Mirrored(pixel)] : Enlarged(source, pixel);
        }
    }

    /// <summary>The pixel of the measured picture that one of the plane shows, mirrored beyond the edges; of a factor of 1.</summary>
    private int Mirrored(int pixel) =>
        (Folded((pixel / Shape.Width) - _margin, _grid.Rows) * _grid.Columns) + Folded((pixel % Shape.Width) - _margin, _grid.Columns);

    private float Enlarged(ReadOnlySpan<float> source, int pixel)
    {
        // A measured pixel lies in the middle of its block, between two pixels of the plane where the factor is even.
        float middle = _grid.Factor % 2 == 0 ? 0.5f : 0;
        float down = ((pixel / Shape.Width) - _grid.Top - middle) / _grid.Factor, across = ((pixel % Shape.Width) - _grid.Left - middle) / _grid.Factor;
        (int top, int left) = ((int)MathF.Floor(down), (int)MathF.Floor(across));
        (float below, float right) = (down - top, across - left);
        (int y0, int y1) = (Folded(top, _grid.Rows) * _grid.Columns, Folded(top + 1, _grid.Rows) * _grid.Columns);
        (int x0, int x1) = (Folded(left, _grid.Columns), Folded(left + 1, _grid.Columns));
        return ((1 - below) * (((1 - right) * source[y0 + x0]) + (right * source[y0 + x1]))) + (below * (((1 - right) * source[y1 + x0]) + (right * source[y1 + x1])));
    }

    private static int Folded(int place, int count)
    {
        int folded = ((place % (2 * count)) + (2 * count)) % (2 * count);
        return folded < count ? folded : (2 * count) - 1 - folded;
    }
}
