namespace Deq.Api.Requests;

/// <summary>A bound that clients share such that a part of it is always free for a client that comes.</summary>
/// <remarks>
/// A client may take no more than what is left, times its weight. So of clients of weight 1 one alone gets half of the bound in several requests, two get a third
/// each and n get 1/(n + 1) each; the only request of the only client may take all of it, unless the caller bounds what one request takes. Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches",
/// IEEE/ACM Transactions on Networking 6(2), 1998, with the weight as α. Thread-safe.
/// </remarks>
/// <param name="limit">The bound for all clients together, at most the largest number over the largest weight.</param>
/// <param name="weightOf">A client's share beside one of weight 1, at least 1. Default null: all have 1.</param>
internal sealed class FairShares(long limit, Func<string, int>? weightOf = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _byClient = new(StringComparer.Ordinal);
    private long _taken;

    public long Limit => limit;

    /// <summary>What all clients have taken.</summary>
    public long Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

    /// <summary>Clients that have taken something.</summary>
    public int Clients
    {
        get
        {
            lock (_gate)
            {
                return _byClient.Count;
            }
        }
    }

    /// <summary>Takes an amount; false, with nothing taken, when it passes the client's share.</summary>
    /// <param name="client">Whose share.</param>
    /// <param name="amount">At least 0.</param>
    /// <param name="held">What the same request has taken before: it is judged by all that it takes.</param>
    public bool TryTake(string client, long amount, long held = 0)
    {
        lock (_gate)
        {
            long own = _byClient.GetValueOrDefault(client);
            if (amount > limit - _taken || own + amount > (weightOf?.Invoke(client) ?? 1) * (limit - _taken + held))
            {
                return false;
            }

            _taken += amount;
            Set(client, own + amount);
            return true;
        }
    }

    public void Return(string client, long amount)
    {
        lock (_gate)
        {
            _taken -= amount;
            Set(client, _byClient.GetValueOrDefault(client) - amount);
        }
    }

    private void Set(string client, long amount)
    {
        if (amount == 0)
        {
            _byClient.Remove(client);
        }
        else
        {
            _byClient[client] = amount;
        }
    }
}
