using Deq.Api.Problems;

namespace Deq.Api.Requests.Addresses;

/// <summary>The connections to each host, which clients share such that one that comes finds some free. Thread-safe.</summary>
/// <param name="weightOf">A client's share beside one of weight 1.</param>
internal sealed class HostShares(Func<string, int> weightOf)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FairShares> _byHost = new(StringComparer.Ordinal);

    /// <summary>Takes a connection to the host of an address.</summary>
    /// <param name="address">What is fetched.</param>
    /// <param name="client">Whose share of them.</param>
    /// <exception cref="ProblemException">The client's share is used up.</exception>
    public void Take(Uri address, string client)
    {
        lock (_gate)
        {
            string host = HostOf(address);
            if (!_byHost.TryGetValue(host, out FairShares? shares))
            {
                shares = new FairShares(CheckedConnection.MostToOneHost, weightOf);
                _byHost.Add(host, shares);
            }

            if (!shares.TryTake(client, 1))
            {
                throw new ProblemException(
                    ProblemKinds.Overloaded, $"Your share of the {CheckedConnection.MostToOneHost} connections to the host of imageUrl is used up; wait until an image of yours has come.")
                    .WithLimit(CheckedConnection.MostToOneHost)
                    .WithRetryAfter(ProblemException.DefaultRetryAfter);
            }
        }
    }

    /// <summary>Gives it back.</summary>
    public void Return(Uri address, string client)
    {
        lock (_gate)
        {
            string host = HostOf(address);
            _byHost[host].Return(client, 1);
            if (_byHost[host].Taken == 0)
            {
                _byHost.Remove(host);
            }
        }
    }

    /// <summary>What connections are pooled by.</summary>
    private static string HostOf(Uri address) => $"{address.Scheme} {address.IdnHost} {address.Port}";
}
