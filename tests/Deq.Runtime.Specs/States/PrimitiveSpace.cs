using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Runtime.Specs.States;

/// <summary>A space that offers the two primitives alone, as one on a device may: everything else is made of them.</summary>
internal sealed class PrimitiveSpace(HostStateSpace host) : IStateSpace
{
    public int Capacity => host.Capacity;

    public int Copies { get; private set; }

    public int Allocate(int count) => host.Allocate(count);

    public void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows) =>
        host.InnerProducts(a, others, products, rows);

    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows) =>
        host.Combine(vectors, weights, target, rows);

    public void CopyRow(int from, int to, int row)
    {
        Copies++;
        host.CopyRow(from, to, row);
    }

    public void Move(ReadOnlySpan<RowMove> moves) => host.Move(moves);
}
