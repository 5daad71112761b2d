using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Api.Tasks;

namespace Deq.Api.Ensembles;

/// <summary>Served models of one task, labels and input that vote. Immutable.</summary>
internal sealed record Ensemble
{
    /// <summary>Its name: that of its file.</summary>
    public required string Name { get; init; }

    public required string Description { get; init; }

    public required IServedTask Task { get; init; }

    /// <summary>At least two.</summary>
    public required IReadOnlyList<EnsembleMember> Members { get; init; }

    /// <summary>T that corrects the posterior for errors that members share.</summary>
    public required double Temperature { get; init; }

    /// <summary>The labels of every member, by index.</summary>
    public IReadOnlyList<string> Labels => Members[0].Model.Manifest.Labels;

    /// <summary>The label that a member's result votes for.</summary>
    public LabelVote VoteOf(SolvedPart part) => Task.VoteOf!(part.Result);
}

/// <summary>The ensembles of this server, by name. Immutable.</summary>
internal sealed class EnsembleCatalogue(IReadOnlyList<Ensemble> ensembles)
{
    public IReadOnlyList<Ensemble> All => ensembles;

    /// <exception cref="ProblemException">There is none of that name.</exception>
    public Ensemble Find(string name) => ensembles.FirstOrDefault(ensemble => ensemble.Name == name)
        ?? throw new ProblemException(
            ProblemKinds.EnsembleNotFound,
            ensembles.Count == 0
                ? "The server has no ensembles."
                : $"The server has no ensemble of that name; it has {string.Join(", ", ensembles.Select(each => each.Name))}.");
}
