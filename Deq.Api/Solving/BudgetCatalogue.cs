using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Settings;

namespace Deq.Api.Solving;

/// <summary>The budget profiles of every model. Immutable.</summary>
internal sealed class BudgetCatalogue
{
    private readonly Dictionary<string, ModelBudgets> _byModel;

    /// <exception cref="StartupException">A setting names no model, or passes its model's limits; all such settings are listed.</exception>
    /// <param name="models">The models.</param>
    /// <param name="limits">Give the deadline that profiles have unless set.</param>
    /// <param name="settings">What the operator set.</param>
    /// <param name="isWatched">Whether solves of a task, as manifests name it, can stop because the answer is stable.</param>
    public BudgetCatalogue(ModelCatalogue models, RequestLimits limits, IReadOnlyList<BudgetSettings> settings, Func<string, bool> isWatched)
    {
        List<string> faults = [];
        _byModel = models.All.ToDictionary(
            model => model.Manifest.Name,
            model => ModelBudgets.Of(model.Manifest, limits, settings.Where(budget => IsOf(budget, model)), isWatched(model.Manifest.Task), faults),
            StringComparer.Ordinal);
        faults.AddRange(settings.Where(budget => !models.All.Any(model => IsOf(budget, model))).Select(budget => budget.Model)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(name => $"Setting {BudgetSettings.Root}:{name} is for no model; there are {string.Join(", ", _byModel.Keys)}."));
        if (faults.Count > 0)
        {
            throw new StartupException(faults);
        }
    }

    /// <summary>The profiles of a model in the catalogue of models.</summary>
    public ModelBudgets Of(ServedModel model) => _byModel[model.Manifest.Name];

    /// <summary>Keys of settings have no case, names of models have only lower.</summary>
    private static bool IsOf(BudgetSettings budget, ServedModel model) =>
        budget.Model.Equals(model.Manifest.Name, StringComparison.OrdinalIgnoreCase);
}
