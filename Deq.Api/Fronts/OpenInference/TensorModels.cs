using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>The models as the protocol sees them: any, whether or not its task has a path.</summary>
internal sealed class TensorModels(ModelCatalogue models, ServedTasks tasks)
{
    /// <summary>In the order of their names.</summary>
    public IEnumerable<TensorModel> All => models.All.Select(Of);

    public bool AreReady => models.IsReady;

    /// <summary>Whether there is a model of that name.</summary>
    public bool Has(string name) => models.Has(name);

    /// <param name="name">The model's name.</param>
    /// <param name="version">Its version, by the number of its folder or by its manifest; null is the one that is served.</param>
    /// <exception cref="ProblemException">There is none of that name and version.</exception>
    public TensorModel Find(string name, string? version) => Versioned(Of(models.Find(name)), version);

    /// <summary>A model for one request; its lease is disposed once that is answered.</summary>
    /// <exception cref="ProblemException">There is none of that name and version.</exception>
    public (TensorModel Model, ModelLease Lease) Rent(string name, string? version)
    {
        ModelLease lease = models.Rent(name);
        try
        {
            return (Versioned(Of(lease.Model), version), lease);
        }
        catch (ProblemException)
        {
            lease.Dispose();
            throw;
        }
    }

    private TensorModel Of(ServedModel model) => new(model, tasks.Find(model.Manifest.Task)?.Tensors ?? GraphTensors.Instance);

    private static TensorModel Versioned(TensorModel model, string? version) => version is null or "" || version == model.Version || version == model.Served.Manifest.Version ? model
        : throw new ProblemException(ProblemKinds.ModelNotFound, $"'{model.Name}' has the version {model.Version}, not '{version.Shorten()}'.");
}

/// <summary>A model by its tensors.</summary>
/// <param name="Served">The model.</param>
/// <param name="Task">Turns tensors into solves.</param>
internal sealed record TensorModel(ServedModel Served, ITensorTask Task)
{
    public string Name => Served.Manifest.Name;

    public string Version => Served.Version;

    /// <summary>What it takes.</summary>
    public IReadOnlyList<TensorDeclaration> Inputs { get; } = Task.InputsOf(Served);

    /// <summary>What it gives.</summary>
    public IReadOnlyList<TensorDeclaration> Outputs { get; } = Task.OutputsOf(Served);
}
