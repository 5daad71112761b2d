using System.Text.Json;

namespace Deq.Api.Access;

/// <summary>What one client has taken lately, by the rates that its key allows. Thread-safe.</summary>
/// <remarks>
/// A token bucket for each rate, which holds what one second allows. What a request takes is known only while it is read or once it was solved, so it is charged
/// afterwards and may leave a debt; a client in debt waits until the debt is paid. Over any time t a client so takes at most the rate times t, and what it had under way.
/// </remarks>
internal sealed class ClientQuota
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Bucket _bytes;
    private readonly Bucket _pixels;
    private readonly Bucket _evaluations;

    /// <param name="quota">What the key allows.</param>
    /// <param name="clock">Measures the time in which debts are paid.</param>
    public ClientQuota(KeyQuota quota, TimeProvider clock)
    {
        (Quota, _clock) = (quota, clock);
        long now = clock.GetTimestamp();
        _bytes = new Bucket(nameof(quota.BytesPerSecond), quota.BytesPerSecond, now);
        _pixels = new Bucket(nameof(quota.PixelsPerSecond), quota.PixelsPerSecond, now);
        _evaluations = new Bucket(nameof(quota.EvaluationsPerSecond), quota.EvaluationsPerSecond, now);
    }

    /// <summary>What the key allows.</summary>
    public KeyQuota Quota { get; }

    /// <summary>Charges bytes that have come.</summary>
    public void Received(long bytes) => Charge(_bytes, bytes);

    /// <summary>Charges pixels that are decoded or solved for.</summary>
    public void Decoded(long pixels) => Charge(_pixels, pixels);

    /// <summary>Charges evaluations that were made.</summary>
    public void Evaluated(long evaluations) => Charge(_evaluations, evaluations);

    /// <summary>The debt that takes longest to pay; null where the client may ask.</summary>
    public QuotaWait? Wait()
    {
        lock (_gate)
        {
            return new[] { _bytes, _pixels, _evaluations }.Select(bucket => bucket.Wait(_clock)).MaxBy(wait => wait?.Time ?? TimeSpan.Zero);
        }
    }

    private void Charge(Bucket bucket, long amount)
    {
        lock (_gate)
        {
            bucket.Charge(amount, _clock);
        }
    }

    /// <summary>What is left of one rate. Belongs to the lock.</summary>
    private sealed class Bucket(string name, int? rate, long filledAt)
    {
        private double _left = rate ?? 0;
        private long _filledAt = filledAt;

        public void Charge(long amount, TimeProvider clock)
        {
            if (rate is { } perSecond)
            {
                Fill(perSecond, clock);
                _left -= amount;
            }
        }

        public QuotaWait? Wait(TimeProvider clock)
        {
            if (rate is not { } perSecond)
            {
                return null;
            }

            Fill(perSecond, clock);
            return _left > 0 ? null : new QuotaWait(JsonNamingPolicy.CamelCase.ConvertName(name), perSecond, TimeSpan.FromSeconds((-_left + 1) / perSecond));
        }

        private void Fill(int perSecond, TimeProvider clock)
        {
            _left = Math.Min(perSecond, _left + (clock.GetElapsedTime(_filledAt).TotalSeconds * perSecond));
            _filledAt = clock.GetTimestamp();
        }
    }
}

/// <summary>A debt that a client must wait for.</summary>
/// <param name="Name">The rate, such as <c>evaluationsPerSecond</c>.</param>
/// <param name="PerSecond">What it allows.</param>
/// <param name="Time">Until the debt is paid.</param>
internal sealed record QuotaWait(string Name, int PerSecond, TimeSpan Time);
