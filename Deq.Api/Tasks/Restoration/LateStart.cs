using System.Buffers;

namespace Deq.Api.Tasks.Restoration;

/// <summary>Where a solve starts, in memory that is taken when it is written and given back once it has been read: of a large picture many tiles wait for their turn.</summary>
/// <param name="length">Numbers.</param>
internal sealed class LateStart(int length) : MemoryManager<float>
{
    private float[]? _values;

    /// <inheritdoc/>
    public override Memory<float> Memory => CreateMemory(length);

    /// <summary>Whether it holds memory.</summary>
    public bool IsHeld => _values is not null;

    /// <summary>Gives the memory back. It can be written again.</summary>
    public void Release() => _values = null;

    /// <inheritdoc/>
    public override Span<float> GetSpan() => _values ??= new float[length];

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        _ = GetSpan();
        return _values.AsMemory(elementIndex).Pin();
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // The array's own handle unpins it.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Release();
}
