namespace Deq.Api.Access;

/// <summary>Bounds how many wrong keys a network may try: a number at once, and then one every few seconds. Thread-safe.</summary>
internal sealed class GuessLimit(AccessSettings settings, TimeProvider clock)
{
    /// <summary>How long until one more guess is allowed.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromSeconds(3);

    /// <summary>Networks that are remembered; beyond it those that may guess most are forgotten.</summary>
    private const int MostNetworks = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Tries> _networks = new(StringComparer.Ordinal);

    /// <summary>Networks that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _networks.Count;
            }
        }
    }

    /// <summary>Whether a network has used up its guesses.</summary>
    public bool IsSpent(string network)
    {
        lock (_gate)
        {
            return _networks.TryGetValue(network, out Tries? tries) && Left(tries) < 1;
        }
    }

    /// <summary>Notes a wrong key.</summary>
    public void Note(string network)
    {
        lock (_gate)
        {
            if (!_networks.TryGetValue(network, out Tries? tries))
            {
                if (_networks.Count >= MostNetworks)
                {
                    Forget();
                }

                tries = new Tries { Left = settings.Guesses };
                _networks.Add(network, tries);
            }
            else
            {
                tries.Left = Left(tries);
            }

            tries.Left = Math.Max(0, tries.Left - 1);
            tries.At = clock.GetTimestamp();
        }
    }

    private double Left(Tries tries) => Math.Min(settings.Guesses, tries.Left + (clock.GetElapsedTime(tries.At) / Refill));

    /// <summary>Forgets the half that may guess most.</summary>
    private void Forget()
    {
        foreach (string network in _networks.OrderByDescending(pair => Left(pair.Value)).Take(MostNetworks / 2).Select(pair => pair.Key).ToArray())
        {
            _networks.Remove(network);
        }
    }

    private sealed class Tries
    {
        public double Left { get; set; }

        /// <summary>The clock's timestamp at which <see cref="Left"/> was right.</summary>
        public long At { get; set; }
    }
}
