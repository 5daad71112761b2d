using System.Runtime.CompilerServices;
using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Runtime.Models;

namespace Deq.Api.Solving;

/// <summary>The budget profiles of every model. Thread-safe.</summary>
internal sealed class BudgetCatalogue
{
    private readonly ConditionalWeakTable<ServedModel, ModelBudgets> _byModel = [];
    private readonly RequestLimits _limits;
    private readonly IReadOnlyList<BudgetSettings> _settings;
    private readonly Func<string, bool> _isWatched;

    /// <exception cref="StartupException">A setting names no model, or passes its model's limits; all such settings are listed.</exception>
    /// <param name="models">The models.</param>
    /// <param name="limits">Give the deadline that profiles have unless set.</param>
    /// <param name="settings">What the operator set.</param>
    /// <param name="isWatched">Whether solves of a task, as manifests name it, can stop because the answer is stable.</param>
    public BudgetCatalogue(ModelCatalogue models, RequestLimits limits, IReadOnlyList<BudgetSettings> settings, Func<string, bool> isWatched)
    {
        (_limits, _settings, _isWatched) = (limits, settings, isWatched);
        List<string> faults = [.. models.All.SelectMany(model => FaultsOf(model.Manifest))];
        faults.AddRange(settings.Select(budget => budget.Model)
            .Where(name => !models.All.Select(model => model.Manifest.Name).Concat(models.Expected).Contains(name, StringComparer.OrdinalIgnoreCase))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Select(name => $"Setting {BudgetSettings.Root}:{name} is for no model; there are {string.Join(", ", models.All.Select(model => model.Manifest.Name))}."));
        if (faults.Count > 0)
        {
            throw new StartupException(faults);
        }
    }

    /// <summary>The profiles of a model.</summary>
    public ModelBudgets Of(ServedModel model) => _byModel.GetValue(model, each => Of(each.Manifest, []));

    /// <summary>The settings that pass a model's limits, one sentence each.</summary>
    public IEnumerable<string> FaultsOf(ModelManifest manifest)
    {
        List<string> faults = [];
        Of(manifest, faults);
        return faults;
    }

    private ModelBudgets Of(ModelManifest manifest, List<string> faults) =>
        ModelBudgets.Of(manifest, _limits, _settings.Where(budget => IsOf(budget, manifest)), _isWatched(manifest.Task), faults);

    /// <summary>Keys of settings have no case, names of models have only lower.</summary>
    private static bool IsOf(BudgetSettings budget, ModelManifest manifest) => budget.Model.Equals(manifest.Name, StringComparison.OrdinalIgnoreCase);
}
