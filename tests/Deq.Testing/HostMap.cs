using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Testing;

/// <summary>f given as a function of one row in host memory.</summary>
/// <param name="space">The space whose rows f maps.</param>
/// <param name="evaluate">Receives the row's identity (its place when the batch began), z <c>[D]</c> and f(z) <c>[D]</c> to fill.</param>
public sealed class HostMap(HostStateSpace space, HostMap.Function evaluate) : IFixedPointMap
{
    private readonly int[] _identities = [.. Enumerable.Range(0, space.Capacity)];

    /// <summary>One row of f.</summary>
    /// <param name="identity">The row's place when the batch began.</param>
    /// <param name="z">The state, <c>[D]</c>.</param>
    /// <param name="fz">Receives f(z), <c>[D]</c>.</param>
    public delegate void Function(int identity, ReadOnlySpan<float> z, Span<float> fz);

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            evaluate(_identities[row], space.Row(z, row), space.Row(fz, row));
        }
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            (_identities[move.To], _identities[move.From]) = (_identities[move.From], _identities[move.To]);
        }
    }
}
