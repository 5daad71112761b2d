using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>The trust in the members of every ensemble: what their files say and what feedback has added. Read again only after it has changed. Thread-safe.</summary>
internal sealed class EnsembleTrust(TrustStore store)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IReadOnlyList<BetaTrust>> _known = new(StringComparer.Ordinal);

    /// <summary>The trust in each member, in their order.</summary>
    public IReadOnlyList<BetaTrust> Of(Ensemble ensemble)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(ensemble.Name, out IReadOnlyList<BetaTrust>? trust))
            {
                var counts = store.Members(ensemble.Name).ToDictionary(count => count.Member, StringComparer.Ordinal);
                trust = [.. ensemble.Members.Select(member => counts.TryGetValue(member.Name, out MemberCount? count)
                    ? member.Trust.Observe(count.Right, count.Wrong)
                    : member.Trust)];
                _known[ensemble.Name] = trust;
            }

            return trust;
        }
    }

    /// <summary>Has the counts of an ensemble read again.</summary>
    public void Changed(Ensemble ensemble)
    {
        lock (_gate)
        {
            _known.Remove(ensemble.Name);
        }
    }
}
