using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Deq.Api.Fronts.Web;

/// <summary>Memory for what arrives on connections, in blocks that take a tensor of 64 KiB and the head before it in one piece.</summary>
/// <remarks>
/// The web server receives a block at a time and wakes the reader after each: with its own blocks of 4 KiB that is seventeen system calls and
/// wake-ups for such a request. The block returned last is given out first, because the processor still has it in its caches. Thread-safe.
/// </remarks>
internal sealed class ConnectionBlocks : IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 80 << 10;

    /// <summary>Unused blocks are kept up to here, 16 MiB or so per pool; those beyond are left to the garbage collector.</summary>
    private const int MostFree = 200;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly Lock _gate = new();
        private readonly Stack<Block> _free = [];

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            lock (_gate)
            {
                if (_free.TryPop(out Block? block))
                {
                    return block;
                }
            }

            return new Block(this);
        }

        public void Return(Block block)
        {
            lock (_gate)
            {
                if (_free.Count < MostFree)
                {
                    _free.Push(block);
                }
            }
        }

        protected override void Dispose(bool disposing)
        {
            lock (_gate)
            {
                _free.Clear();
            }
        }
    }

    /// <summary>Pinned, since the kernel writes into it. Returned once by its renter.</summary>
    private sealed class Block(Pool pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

        public void Dispose() => pool.Return(this);
    }
}
