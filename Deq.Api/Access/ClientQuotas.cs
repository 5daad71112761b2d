namespace Deq.Api.Access;

/// <summary>What each client with limited rates has taken lately. Thread-safe.</summary>
internal sealed class ClientQuotas(KeyRing keys, TimeProvider clock)
{
    /// <summary>Clients that are remembered; beyond it those without debts are forgotten.</summary>
    private const int MostClients = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ClientQuota> _clients = new(StringComparer.Ordinal);

    /// <summary>The quota of a client; null where none of its rates is limited.</summary>
    /// <param name="client">See <see cref="Caller.Client"/>.</param>
    public ClientQuota? Of(string client)
    {
        if (!Caller.IsShown(client) || keys.QuotaOf(client) is not { HasRates: true } quota)
        {
            return null;
        }

        lock (_gate)
        {
            if (_clients.TryGetValue(client, out ClientQuota? known) && known.Quota == quota)
            {
                return known;
            }

            if (_clients.Count >= MostClients)
            {
                Forget();
            }

            // Where the limits of a key have changed it starts anew.
            return _clients[client] = new ClientQuota(quota, clock);
        }
    }

    /// <summary>Forgets the half that may ask soonest.</summary>
    private void Forget()
    {
        foreach (string client in _clients.OrderBy(pair => pair.Value.Wait()?.Time ?? TimeSpan.Zero).Take(MostClients / 2).Select(pair => pair.Key).ToArray())
        {
            _clients.Remove(client);
        }
    }
}
