using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>A member of an ensemble: a served model with a budget.</summary>
internal sealed record EnsembleMember
{
    /// <summary>Its name, unique in the ensemble.</summary>
    public required string Name { get; init; }

    public required ServedModel Model { get; init; }

    public required ModelBudgets Budgets { get; init; }

    /// <summary>The parameters of its solves, as a request would give them.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Asked { get; init; }

    /// <summary>What asking it costs, above 0.</summary>
    public required double Cost { get; init; }

    /// <summary>What is known of it without feedback.</summary>
    public required BetaTrust Trust { get; init; }

    /// <summary>What it asks for, with what the client asks of every member.</summary>
    /// <param name="client">Parameters of the request; none that the member sets.</param>
    public SolveRequest Ask(IEnumerable<KeyValuePair<string, string>> client) =>
        SolveRequest.Parse([.. client.Where(pair => Asked.All(own => own.Key != pair.Key)), .. Asked], Budgets, SolveParameter.All);
}
