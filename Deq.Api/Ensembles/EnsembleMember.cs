using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>A member of an ensemble: a served model with a budget.</summary>
internal sealed record EnsembleMember
{
    /// <summary>Its name, unique in the ensemble.</summary>
    public required string Name { get; init; }

    /// <summary>The model as it was when the ensemble was opened; a request takes the one that is served by then.</summary>
    public required ServedModel Model { get; init; }

    public required ModelBudgets Budgets { get; init; }

    /// <summary>The parameters of its solves, as a request would give them.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Asked { get; init; }

    /// <summary>What asking it costs, above 0.</summary>
    public required double Cost { get; init; }

    /// <summary>What is known of it without feedback.</summary>
    public required BetaTrust Trust { get; init; }

    /// <summary>Refuses a model that has taken this one's place and answers something else.</summary>
    /// <param name="served">What is served under the model's name.</param>
    /// <exception cref="ProblemException">It has other labels or takes another input.</exception>
    public void RefuseChanged(ServedModel served)
    {
        if (served.Sha256 != Model.Sha256 && !IsAlike(Model.Manifest, served.Manifest))
        {
            throw new ProblemException(ProblemKinds.ModelNotFound, $"{Model.Manifest.Name} was replaced by a model with another task, labels or input.");
        }
    }

    /// <summary>Whether two models can vote on the same input: task, labels and input are the same.</summary>
    public static bool IsAlike(ModelManifest one, ModelManifest other) =>
        one.Task == other.Task && one.Labels.SequenceEqual(other.Labels, StringComparer.Ordinal)
        && JsonSerializer.Serialize(one.Input) == JsonSerializer.Serialize(other.Input);

    /// <summary>What it asks for, with what the client asks of every member.</summary>
    /// <param name="client">Parameters of the request; none that the member sets.</param>
    public SolveRequest Ask(IEnumerable<KeyValuePair<string, string>> client) =>
        SolveRequest.Parse([.. client.Where(pair => Asked.All(own => own.Key != pair.Key)), .. Asked], Budgets, SolveParameter.All);
}
