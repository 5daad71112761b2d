using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>A = I + Σ_i u_i·v_iᵀ per row, grown by the adjoint Broyden update; the vectors lie where a backward pass needs them.</summary>
/// <remarks>
/// A row's vectors stand at its place in the order of the start and stay there when the row moves in its batch or leaves it, so nothing is
/// copied. They hold nothing but finite numbers.
/// </remarks>
internal sealed class RankOneSums : IInverseKeeper
{
    /// <summary>An update that made A longer than this times along σ would be noise: the row keeps its A.</summary>
    private const double LongestFactor = 1e3;

    private readonly Tensor _left;
    private readonly Tensor _right;
    private readonly long[] _places;
    private readonly int _pairs;
    private int _count;

    /// <summary>Allocates two vectors per pair and row.</summary>
    /// <param name="capacity">The most rows.</param>
    /// <param name="width">D.</param>
    /// <param name="pairs">The most pairs per row, at least 1.</param>
    /// <param name="type">Precision of the states.</param>
    /// <param name="device">Where they live.</param>
    public RankOneSums(int capacity, int width, int pairs, ScalarType type, Device? device)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs, 1);
        _pairs = pairs;
        _left = zeros([capacity, pairs, width], dtype: type, device: device).DetachFromDisposeScope();
        _right = zeros_like(_left).DetachFromDisposeScope();
        _places = new long[capacity];
    }

    /// <summary>Steps since the solve began.</summary>
    public int Steps { get; set; }

    public Device Device => _left.device;

    public Tensor ApplyTransposed(Tensor x) => Multiply(x, Kept(_right, x.shape[0]), Kept(_left, x.shape[0]));

    /// <summary>Aᵀ·x for the rows that are left in the batch.</summary>
    public Tensor ApplyTransposed(Tensor x, int rows) => Multiply(x, Present(_right, rows), Present(_left, rows));

    /// <summary>A ← A + A·σ·(σ − Aᵀτ)ᵀ / ⟨τ, A·σ⟩ for the rows that are left; afterwards Aᵀ·τ = σ. Rows for which it would be noise keep their A.</summary>
    /// <param name="sigma">σ <c>[rows, D]</c>; a row of zeros keeps its A.</param>
    /// <param name="tau">τ = (I − Jᵀ)·σ, <c>[rows, D]</c>.</param>
    /// <returns>A·σ with the new A: the old A·σ times ‖σ‖² / ⟨τ, A·σ⟩.</returns>
    public Tensor Update(Tensor sigma, Tensor tau)
    {
        int rows = (int)sigma.shape[0];
        (Tensor left, Tensor right) = (Present(_left, rows), Present(_right, rows));
        Tensor image = Multiply(sigma, left, right);
        if (_count == _pairs)
        {
            return image;
        }

        Tensor pulled = Multiply(tau, right, left);
        Tensor square = (sigma * sigma).sum(1, keepdim: true);
        Tensor product = (pulled * sigma).sum(1, keepdim: true);
        Tensor isSound = product.isfinite().logical_and(product.abs().mul(HeldScalar.Of(LongestFactor)).gt(square));
        Append(_left, where(isSound, image, zeros_like(image)));
        Append(_right, where(isSound, (sigma - pulled) / product, zeros_like(image)));
        _count++;
        return where(isSound, image * (square / product), image);
    }

    /// <summary>Which rows of the start the first rows of the batch are, <c>[rows]</c>.</summary>
    public Tensor Places(int rows) => tensor(_places.AsSpan(0, rows).ToArray(), device: Device);

    /// <summary>A of a row of the batch is the identity again.</summary>
    public void Forget(int row)
    {
        if (_count > 0)
        {
            using IDisposable scope = NewDisposeScope();
            _left.select(0, _places[row]).zero_();
            _right.select(0, _places[row]).zero_();
        }
    }

    /// <summary>Follows rows to their new places in the batch.</summary>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            _places[move.To] = _places[move.From];
        }
    }

    public void Begin()
    {
        (_count, Steps) = (0, 0);
        for (int row = 0; row < _places.Length; row++)
        {
            _places[row] = row;
        }
    }

    public void Take(RunningBatch batch, TorchStateSpace from, IReadOnlyList<RowMove> rows)
    {
    }

    public void Complete(int rows)
    {
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    private Tensor Kept(Tensor vectors, long rows) => vectors.narrow(0, 0, rows).narrow(1, 0, _count);

    /// <summary>The vectors of the rows that are left in the batch, in its order; copied only where rows have left or moved.</summary>
    private Tensor Present(Tensor vectors, int rows) =>
        AreInPlace(rows) ? Kept(vectors, rows) : vectors.narrow(1, 0, _count).index_select(0, Places(rows));

    private bool AreInPlace(int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            if (_places[row] != row)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the next vector of the rows that are left; of the others it is 0.</summary>
    private void Append(Tensor vectors, Tensor next)
    {
        Tensor target = vectors.select(1, _count);
        target.zero_();
        int rows = (int)next.shape[0];
        if (AreInPlace(rows))
        {
            target.narrow(0, 0, rows).copy_(next);
        }
        else
        {
            target.index_copy_(0, Places(rows), next);
        }
    }

    /// <summary>x + Σ_i left_i·⟨right_i, x⟩.</summary>
    private static Tensor Multiply(Tensor x, Tensor left, Tensor right)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor column = x.unsqueeze(2);
        Tensor result = left.shape[1] == 0 ? x.clone() : left.transpose(1, 2).bmm(right.bmm(column)).AddInPlace(column).squeeze(2);
        return result.MoveToOuterDisposeScope();
    }
}
