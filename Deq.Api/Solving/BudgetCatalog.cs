using Deq.Api.Models;
using Deq.Api.Settings;

namespace Deq.Api.Solving;

/// <summary>The budget profiles of every model. Immutable.</summary>
internal sealed class BudgetCatalog
{
    private readonly Dictionary<string, ModelBudgets> _byModel;

    /// <exception cref="StartupException">A setting names no model, or passes its model's limits; all such settings are listed.</exception>
    public BudgetCatalog(ModelCatalog models, ServerSettings settings)
    {
        List<string> faults = [];
        _byModel = models.All.ToDictionary(
            model => model.Manifest.Name,
            model => ModelBudgets.Of(model.Manifest, settings.Limits, settings.Budgets.Where(budget => IsOf(budget, model)), faults),
            StringComparer.Ordinal);
        faults.AddRange(settings.Budgets.Where(budget => !models.All.Any(model => IsOf(budget, model))).Select(budget => budget.Model)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(name => $"Setting {BudgetSettings.Section}:{name} is for no model; there are {string.Join(", ", _byModel.Keys)}."));
        if (faults.Count > 0)
        {
            throw new StartupException(faults);
        }
    }

    /// <summary>The profiles of a model in the catalog of models.</summary>
    public ModelBudgets Of(ServedModel model) => _byModel[model.Manifest.Name];

    /// <summary>Keys of settings have no case, names of models have only lower.</summary>
    private static bool IsOf(BudgetSettings budget, ServedModel model) =>
        budget.Model.Equals(model.Manifest.Name, StringComparison.OrdinalIgnoreCase);
}
