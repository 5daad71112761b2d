using System.Buffers;
using System.Threading.RateLimiting;
using Deq.Api.Access;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Keeps the memory of all bodies in flight, large answers among them, within one bound, which clients share. Thread-safe.</summary>
internal sealed class HeldBodies : IDisposable
{
    private readonly RequestLimits _limits;
    private readonly ApiMetrics _metrics;
    private readonly KeyRing _keys;
    private readonly ClientQuotas _quotas;
    private readonly FairShares _shares;
    private readonly PartitionedRateLimiter<string> _turns = PartitionedRateLimiter.Create<string, string>(client => RateLimitPartition.GetConcurrencyLimiter(
        client, _ => new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));

    public HeldBodies(RequestLimits limits, ApiMetrics metrics, KeyRing keys, ClientQuotas quotas)
    {
        (_limits, _metrics, _keys, _quotas, _shares) = (limits, metrics, keys, quotas, new FairShares(limits.HeldBytes, keys.WeightOf));
        metrics.ShowHeld(() => Bytes);
    }

    /// <summary>Bytes held at the moment.</summary>
    public long Bytes => _shares.Taken;

    /// <summary>Bytes that one request may hold: half of the bound, so that there is room for another's; a full body where that is more.</summary>
    public long MostOfOne => Math.Max(_limits.BodyBytes, _limits.HeldBytes / 2);

    /// <summary>Clients that hold bytes at the moment.</summary>
    public int Clients => _shares.Clients;

    /// <summary>Starts a request's share, empty.</summary>
    /// <param name="model">The model that the request is for.</param>
    /// <param name="client">Whose request it is; see <see cref="ClientLimit.ClientOf(HttpContext)"/>.</param>
    /// <exception cref="ProblemException">The client has a debt by one of its rates.</exception>
    public Share Open(string model, string client)
    {
        Share share = OpenInDebt(model, client);
        share.RequirePaid();
        return share;
    }

    /// <summary>Starts a share as <see cref="Open"/> does, of a client that has waited as <see cref="WaitOf"/> says.</summary>
    public Share OpenInDebt(string model, string client) => new(this, model, client) { Weight = _keys.WeightOf(client), Quota = _quotas.Of(client) };

    /// <summary>How long until the client may bring a body; zero: it may now.</summary>
    public TimeSpan WaitOf(string client) => _quotas.Of(client)?.Wait()?.Time ?? TimeSpan.Zero;

    public void Dispose() => _turns.Dispose();

    private ProblemException Refuse(string model)
    {
        _metrics.Refused(model, RefusalReasons.Bodies);
        return new ProblemException(
            ProblemKinds.Overloaded, $"Requests and answers in flight take so much of {_limits.HeldBytes} bytes that your share of what is left is used up.")
            .WithLimit(_limits.HeldBytes)
            .WithRetryAfter(ProblemException.DefaultRetryAfter);
    }

    /// <summary>What one request holds, given back when disposed.</summary>
    public sealed class Share(HeldBodies bodies, string model, string client) : IDisposable
    {
        private readonly List<byte[]> _lent = [];
        private string _model = model;
        private long _held;

        /// <summary>What is accounted for: what is held, or what was announced where that is more.</summary>
        private long _taken;

        public string Client => client;

        /// <summary>Bytes held by the request.</summary>
        public long Held => _held;

        /// <summary>The client's share beside one of weight 1.</summary>
        public required int Weight { get; init; }

        /// <summary>What the client has taken lately; null where none of its rates is limited.</summary>
        public required ClientQuota? Quota { get; init; }

        /// <summary>Notes the model of a request that names it in its body.</summary>
        public void Concern(string name) => _model = name;

        /// <exception cref="ProblemException">The client has a debt by one of its rates.</exception>
        public void RequirePaid()
        {
            if (Quota?.Wait() is { } wait)
            {
                bodies._metrics.Refused(_model, RefusalReasons.Quota);
                throw new ProblemException(ProblemKinds.QuotaSpent, $"The key has taken more than its {wait.Name} of {wait.PerSecond}.")
                    .With("quota", wait.Name).WithLimit(wait.PerSecond).WithRetryAfter(wait.Time);
            }
        }

        /// <summary>Accounts for bytes that will come, so that a request is refused before they are read, not when most of them were.</summary>
        /// <remarks>What is announced falsely takes away from its own client's share alone.</remarks>
        /// <param name="bytes">What was announced, of a request that holds nothing yet.</param>
        /// <exception cref="ProblemException">The client's share has no room for them.</exception>
        public void Announce(long bytes) => Take(bytes);

        /// <summary>Waits until the client may have what has come of one of its bodies copied, and no other's is; until the lease is disposed.</summary>
        /// <remarks>
        /// Copying into fresh memory takes as long as receiving. The bodies of two hundred requests that come at once would have every processor copy for seconds,
        /// while what other clients sent waits for a thread.
        /// </remarks>
        public ValueTask<RateLimitLease> TurnAsync(CancellationToken cancellation) => bodies._turns.AcquireAsync(client, 1, cancellation);

        /// <exception cref="ProblemException">The client's share is used up; nothing was added.</exception>
        public void Add(long bytes)
        {
            Take(_held + bytes - _taken);
            _held += Math.Max(0, bytes);
        }

        /// <summary>Adds what is made of a picture, before it is made.</summary>
        /// <param name="bytes">What it takes.</param>
        /// <param name="later">What the request will add at most until it is answered. Default 0: nothing that is known yet.</param>
        /// <exception cref="ProblemException">No request may hold so much, or the client's share is used up; nothing was added.</exception>
        public void AddPicture(long bytes, long later = 0)
        {
            long all = _held + bytes + later;
            if (all > bodies.MostOfOne)
            {
                throw new ProblemException(
                    ProblemKinds.ImageTooLarge, $"With it the request takes {all} bytes; one request may hold {bodies.MostOfOne}. Send a smaller picture.")
                    .WithLimit(bodies.MostOfOne);
            }

            Add(bytes);
        }

        /// <summary>Memory of at least so many bytes, until the share is disposed, accounted for by what it really has.</summary>
        /// <remarks>
        /// From a pool, since arrays of this size are collected with the oldest objects, which takes as long as decoding what is in them. The pool rounds up to a power
        /// of two; where the share has no room for that, the memory has its size alone: bytes that were accepted must not be refused once they have come.
        /// </remarks>
        /// <param name="bytes">At least 1.</param>
        /// <param name="held">Bytes, at least as many, by which the pieces that are copied into the memory and given back were accounted for.</param>
        public byte[] Lend(int bytes, long held)
        {
            byte[] array = ArrayPool<byte>.Shared.Rent(bytes);
            if (_held + array.Length - held > _taken && !TryTake(_held + array.Length - held - _taken))
            {
                ArrayPool<byte>.Shared.Return(array);
                array = GC.AllocateUninitializedArray<byte>(bytes);
            }
            else
            {
                _lent.Add(array);
            }

            _held += array.Length - held;
            return array;
        }

        /// <summary>Gives back a part.</summary>
        public void Remove(long bytes)
        {
            if (bytes == 0)
            {
                return;
            }

            bodies._shares.Return(client, bytes);
            (_held, _taken) = (_held - bytes, _taken - bytes);
        }

        public void Dispose()
        {
            bodies._shares.Return(client, _taken);
            (_held, _taken) = (0, 0);
            _lent.ForEach(array => ArrayPool<byte>.Shared.Return(array));
            _lent.Clear();
        }

        private void Take(long bytes)
        {
            if (bytes > 0 && !TryTake(bytes))
            {
                throw bodies.Refuse(_model);
            }
        }

        private bool TryTake(long bytes)
        {
            if (_taken + bytes > bodies.MostOfOne || !bodies._shares.TryTake(client, bytes, _taken))
            {
                return false;
            }

            _taken += bytes;
            return true;
        }
    }
}
