using Deq.Api.Requests;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks;

namespace Deq.Api.Solving;

/// <summary>The budget profiles of one model. Immutable.</summary>
internal sealed class ModelBudgets
{
    public const string Fast = "fast";

    public const string Balanced = "balanced";

    public const string Exact = "exact";

    /// <summary>How much larger than the model's own the tolerance of <see cref="Fast"/> is, as long as it stays below <see cref="LoosestTolerance"/>.</summary>
    private const double LooseningOfFast = 10;

    private const double LoosestTolerance = 0.1;

    /// <summary>Evaluations without a change of the answer that are enough for <see cref="Fast"/>.</summary>
    private const int StableOfFast = 3;

    private ModelBudgets(IReadOnlyList<BudgetProfile> all) => All = all;

    /// <summary>Those that every model has, then those that only settings name.</summary>
    public IReadOnlyList<BudgetProfile> All { get; }

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> Names => [.. All.Select(profile => profile.Name)];

    /// <summary>The profile of that name, or null.</summary>
    public BudgetProfile? Find(string name) => All.FirstOrDefault(profile => profile.Name == name);

    /// <summary>Derives the profiles from what the model does by default and allows at most, and puts the operator's settings over them.</summary>
    /// <param name="manifest">The model.</param>
    /// <param name="limits">Gives the deadline that profiles have unless set.</param>
    /// <param name="settings">Those of this model.</param>
    /// <param name="faults">Receives a sentence for every setting that passes the model's limits.</param>
    public static ModelBudgets Of(ModelManifest manifest, RequestLimits limits, IEnumerable<BudgetSettings> settings, ICollection<string> faults)
    {
        SolveDefaults model = manifest.Defaults;
        var balanced = new BudgetProfile(Balanced, model.Solver, model.Tolerance, model.MaxEvaluations, limits.DeadlineMs, UntilStable: null);
        BudgetProfile fast = balanced with
        {
            Name = Fast,
            Tolerance = Math.Max(model.Tolerance, Math.Min(LooseningOfFast * model.Tolerance, LoosestTolerance)),
            MaxEvaluations = (model.MaxEvaluations + 1) / 2,
            UntilStable = manifest.Task == ModelTasks.Flow ? null : StableOfFast,
        };
        BudgetProfile exact = balanced with { Name = Exact, Tolerance = model.ToleranceLimit, MaxEvaluations = model.EvaluationsLimit };
        List<BudgetProfile> profiles = [fast, balanced, exact];
        foreach (BudgetSettings setting in settings)
        {
            int place = profiles.FindIndex(profile => profile.Name.Equals(setting.Profile, StringComparison.OrdinalIgnoreCase));
            BudgetProfile before = place >= 0 ? profiles[place] : balanced with { Name = setting.Profile };
            BudgetProfile after = Override(before, setting);
            RefuseBeyondLimits(manifest, setting, faults);
            if (place >= 0)
            {
                profiles[place] = after;
            }
            else
            {
                profiles.Add(after);
            }
        }

        return new ModelBudgets(profiles);
    }

    private static BudgetProfile Override(BudgetProfile profile, BudgetSettings setting) => profile with
    {
        Solver = setting.Solver ?? profile.Solver,
        Tolerance = setting.Tolerance ?? profile.Tolerance,
        MaxEvaluations = setting.MaxEvaluations ?? profile.MaxEvaluations,
        DeadlineMs = setting.DeadlineMs ?? profile.DeadlineMs,
        UntilStable = setting.UntilStable is { } stable ? (stable > 0 ? stable : null) : profile.UntilStable,
    };

    private static void RefuseBeyondLimits(ModelManifest manifest, BudgetSettings setting, ICollection<string> faults)
    {
        SolveDefaults model = manifest.Defaults;
        if (setting.UntilStable > 0 && manifest.Task == ModelTasks.Flow)
        {
            faults.Add($"Setting {setting.KeyOf(nameof(setting.UntilStable))} is {setting.UntilStable}; a flow estimator has no answer that is watched.");
        }

        if (setting.MaxEvaluations > model.EvaluationsLimit)
        {
            faults.Add($"Setting {setting.KeyOf(nameof(setting.MaxEvaluations))} is {setting.MaxEvaluations}; the model allows at most {model.EvaluationsLimit}.");
        }

        if (setting.Tolerance < model.ToleranceLimit)
        {
            faults.Add($"Setting {setting.KeyOf(nameof(setting.Tolerance))} is {setting.Tolerance}; the model allows no less than {model.ToleranceLimit}.");
        }
    }
}
