using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>The trust in the members of every ensemble, what their files say and what feedback has added, and belief against truth. Read again only after they have changed. Thread-safe.</summary>
internal sealed class EnsembleTrust(TrustStore store)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IReadOnlyList<BetaTrust>> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BeliefAgainstTruth> _beliefs = new(StringComparer.Ordinal);

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

    /// <summary>Believed against observed accuracy of the answers that got feedback: one row of the store.</summary>
    public BeliefAgainstTruth Belief(Ensemble ensemble)
    {
        lock (_gate)
        {
            if (!_beliefs.TryGetValue(ensemble.Name, out BeliefAgainstTruth? belief))
            {
                belief = store.Belief(ensemble.Name);
                _beliefs[ensemble.Name] = belief;
            }

            return belief;
        }
    }

    /// <summary>Has the counts and the belief of an ensemble read again.</summary>
    public void Changed(Ensemble ensemble)
    {
        lock (_gate)
        {
            _known.Remove(ensemble.Name);
            _beliefs.Remove(ensemble.Name);
        }
    }
}
