using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Deq.Runtime.Onnx;

/// <summary>Bindings kept by what they are bound to, each with the small host array that goes in or out with it. Not thread-safe.</summary>
/// <typeparam name="T">The numbers of the host array.</typeparam>
internal sealed class BoundRuns<T> : IDisposable
    where T : unmanaged
{
    /// <summary>
    /// A binding takes a few kilobytes. A solve uses one per position of its ring and number of rows, some hundreds; past this many all
    /// are disposed, so that memory stays bounded.
    /// </summary>
    private const int Most = 4096;

    private readonly Dictionary<int[], (OnnxBinding Binding, T[] Host)> _runs = new(new SameNumbers());
    private readonly Dictionary<int[], (OnnxBinding Binding, T[] Host)>.AlternateLookup<ReadOnlySpan<int>> _lookup;

    public BoundRuns() => _lookup = _runs.GetAlternateLookup<ReadOnlySpan<int>>();

    /// <summary>The binding of that key, when there is one. Allocates nothing.</summary>
    public bool TryFind(ReadOnlySpan<int> key, [NotNullWhen(true)] out OnnxBinding? binding, out T[] host)
    {
        bool found = _lookup.TryGetValue(key, out (OnnxBinding Binding, T[] Host) run);
        (binding, host) = run;
        return found;
    }

    /// <summary>Keeps a binding.</summary>
    /// <param name="key">Everything that the binding depends on.</param>
    /// <param name="binding">Owned from now on.</param>
    /// <param name="host">What it reads or writes on the host, pinned.</param>
    public void Add(ReadOnlySpan<int> key, OnnxBinding binding, T[] host)
    {
        if (_runs.Count == Most)
        {
            Dispose();
        }

        _runs.Add(key.ToArray(), (binding, host));
    }

    /// <summary>Disposes every binding.</summary>
    public void Dispose()
    {
        foreach ((OnnxBinding binding, _) in _runs.Values)
        {
            binding.Dispose();
        }

        _runs.Clear();
    }

    /// <summary>Compares keys number by number, also against a span, so that looking one up needs no array.</summary>
    private sealed class SameNumbers : IEqualityComparer<int[]>, IAlternateEqualityComparer<ReadOnlySpan<int>, int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<int> alternate, int[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<int> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(alternate));
            return hash.ToHashCode();
        }

        public int[] Create(ReadOnlySpan<int> alternate) => alternate.ToArray();
    }
}
