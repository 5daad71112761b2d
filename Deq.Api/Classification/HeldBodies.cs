using Deq.Api.Errors;
using Deq.Api.Settings;

namespace Deq.Api.Classification;

/// <summary>Keeps the memory of all bodies in flight within one bound, however many callers send however much. Thread-safe.</summary>
internal sealed class HeldBodies(RequestLimits limits)
{
    private long _bytes;

    /// <summary>Bytes held at the moment.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Starts a request's share, empty.</summary>
    public Share Open() => new(this);

    /// <summary>What one request holds, given back when disposed.</summary>
    public sealed class Share(HeldBodies bodies) : IDisposable
    {
        private long _held;

        /// <exception cref="ProblemException">The bound is reached; nothing was added.</exception>
        public void Add(long bytes)
        {
            if (Interlocked.Add(ref bodies._bytes, bytes) > bodies.Limit)
            {
                Interlocked.Add(ref bodies._bytes, -bytes);
                throw new ProblemException(ProblemKinds.Overloaded, $"Requests in flight already bring {bodies.Limit} bytes.")
                    .WithLimit(bodies.Limit);
            }

            _held += bytes;
        }

        public void Dispose()
        {
            Interlocked.Add(ref bodies._bytes, -_held);
            _held = 0;
        }
    }

    private long Limit => limits.HeldBytes;
}
