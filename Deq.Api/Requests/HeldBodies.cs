using Deq.Api.Observability;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Keeps the memory of all bodies in flight within one bound, however many callers send however much. Thread-safe.</summary>
internal sealed class HeldBodies(RequestLimits limits, ApiMetrics metrics)
{
    private long _bytes;

    /// <summary>Bytes held at the moment.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Starts a request's share, empty.</summary>
    /// <param name="model">The model that the request is for.</param>
    public Share Open(string model) => new(this, model);

    /// <summary>What one request holds, given back when disposed.</summary>
    public sealed class Share(HeldBodies bodies, string model) : IDisposable
    {
        private long _held;

        /// <exception cref="ProblemException">The bound is reached; nothing was added.</exception>
        public void Add(long bytes)
        {
            if (Interlocked.Add(ref bodies._bytes, bytes) > bodies.Limit)
            {
                Interlocked.Add(ref bodies._bytes, -bytes);
                bodies.Metrics.Refused(model, RefusalReasons.Bodies);
                throw new ProblemException(ProblemKinds.Overloaded, $"Requests in flight already bring {bodies.Limit} bytes.")
                    .WithLimit(bodies.Limit)
                    .WithRetryAfter(ProblemException.AMoment);
            }

            _held += bytes;
        }

        public void Dispose()
        {
            Interlocked.Add(ref bodies._bytes, -_held);
            _held = 0;
        }
    }

    private ApiMetrics Metrics => metrics;

    private long Limit => limits.HeldBytes;
}
