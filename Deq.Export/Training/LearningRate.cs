using Deq.Export.Recipes;

namespace Deq.Export.Training;

/// <summary>The learning rate over a run, as a factor of the recipe's rate. A function of progress alone, so a resumed run continues it.</summary>
internal static class LearningRate
{
    private static readonly IReadOnlyList<(string Kind, Func<ScheduleRecipe, double, double> Factor)> All =
    [
        ("one-cycle", OneCycle),
        ("cosine", Cosine),
        ("constant", (_, _) => 1),
    ];

    /// <summary>The names of the schedules.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>The factor at a point of the run, in [0, 1].</summary>
    /// <param name="recipe">The recipe's schedule.</param>
    /// <param name="done">Epochs done, fractions included.</param>
    /// <param name="epochs">Epochs in all.</param>
    /// <exception cref="ArgumentException">No such schedule.</exception>
    public static double Factor(ScheduleRecipe recipe, double done, int epochs)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Func<ScheduleRecipe, double, double> factor = All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Factor
            ?? throw new ArgumentException($"There is no schedule \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe));
        int restart = recipe.RestartAfterEpoch;
        if (restart == 0 || restart >= epochs)
        {
            return factor(recipe, Math.Clamp(done / epochs, 0, 1));
        }

        return done < restart
            ? factor(recipe, done / restart)
            : recipe.RestartFactor * factor(recipe, Math.Clamp((done - restart) / (epochs - restart), 0, 1));
    }

    /// <summary>Half a cosine up from 1/25, then half a cosine down. Source: Smith and Topin, "Super-convergence", 2018.</summary>
    private static double OneCycle(ScheduleRecipe recipe, double progress) =>
        progress < recipe.WarmUpShare
            ? Between(1.0 / 25, 1, progress / recipe.WarmUpShare)
            : Between(1, recipe.FinalFactor, Rest(recipe, progress));

    /// <summary>A straight line up from 0, then half a cosine down. Source: Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5.</summary>
    private static double Cosine(ScheduleRecipe recipe, double progress) =>
        progress < recipe.WarmUpShare ? progress / recipe.WarmUpShare : Between(1, recipe.FinalFactor, Rest(recipe, progress));

    private static double Rest(ScheduleRecipe recipe, double progress) =>
        recipe.WarmUpShare >= 1 ? 1 : (progress - recipe.WarmUpShare) / (1 - recipe.WarmUpShare);

    private static double Between(double from, double to, double share) => to + ((from - to) * (1 + Math.Cos(Math.PI * share)) / 2);
}
