using Deq.Api.Settings;
using Deq.Runtime.FixedPoints;

namespace Deq.Api.Solving;

/// <summary>What an operator sets for one profile of one model; null is: as it is without.</summary>
internal sealed record BudgetSettings
{
    public const string Section = "Budgets";

    /// <summary>The model's name, as the operator wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The profile's name, as the operator wrote it.</summary>
    public required string Profile { get; init; }

    public int? MaxEvaluations { get; init; }

    public double? Tolerance { get; init; }

    public int? DeadlineMs { get; init; }

    /// <summary>0 is: never, which takes away what the profile has otherwise.</summary>
    public int? UntilStable { get; init; }

    public string? Solver { get; init; }

    /// <summary>Reads every <c>Budgets:model:profile:…</c>. Whether the models exist, and allow as much, is known once they are open.</summary>
    public static IReadOnlyList<BudgetSettings> Read(SettingsReader reader, int mostDeadlineMs) =>
    [
        .. from model in reader.Children(Section)
           from profile in reader.Children($"{Section}:{model}")
           select Read(reader, model, profile, mostDeadlineMs),
    ];

    /// <summary>The key of one of a profile's settings.</summary>
    public string KeyOf(string setting) => $"{Section}:{Model}:{Profile}:{setting}";

    private static BudgetSettings Read(SettingsReader reader, string model, string profile, int mostDeadlineMs)
    {
        string key = $"{Section}:{model}:{profile}";
        return new BudgetSettings
        {
            Model = model,
            Profile = profile,
            MaxEvaluations = reader.OptionalInteger($"{key}:{nameof(MaxEvaluations)}", 1, int.MaxValue),
            Tolerance = reader.OptionalFraction($"{key}:{nameof(Tolerance)}"),
            DeadlineMs = reader.OptionalInteger($"{key}:{nameof(DeadlineMs)}", 1, mostDeadlineMs),
            UntilStable = reader.OptionalInteger($"{key}:{nameof(UntilStable)}", 0, int.MaxValue),
            Solver = reader.OptionalChoice($"{key}:{nameof(Solver)}", FixedPointMethods.Names),
        };
    }
}
