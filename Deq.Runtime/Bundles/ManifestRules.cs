using System.Text.Json;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Runtime.Bundles;

/// <summary>What the members of a manifest must satisfy on their own.</summary>
internal static class ManifestRules
{
    /// <summary>Checks a manifest against the rules of all models and of its task.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="tasks">The tasks that it may name.</param>
    /// <param name="faults">Receives every rule that it breaks, one sentence each.</param>
    /// <returns>What its graphs take and give; null when that cannot be said.</returns>
    public static ModelContract? Check(ModelManifest manifest, IReadOnlyList<IModelTask> tasks, List<string> faults)
    {
        faults.AddRange(OfEveryModel(manifest));
        if (tasks.FirstOrDefault(known => known.Name == manifest.Task) is not { } task)
        {
            faults.Add($"task '{manifest.Task}' is unknown; known are {string.Join(", ", tasks.Select(known => known.Name))}.");
            return null;
        }

        faults.AddRange((manifest.Sections ?? new Dictionary<string, JsonElement>()).Keys
            .Where(name => !task.Sections.Contains(name))
            .Select(name => $"{ModelBundle.ManifestFile} cannot be read: a model of task '{task.Name}' has no member '{name}'."));
        try
        {
            faults.AddRange(task.Faults(manifest));
            ModelContract contract = task.Contract(manifest);
            contract = contract with { StatesPerRow = Math.Max(contract.StatesPerRow, manifest.Defaults.StatesPerRow) };
            if (manifest.Defaults is { AbsoluteTolerance: > 0 and { } absolute, Tolerance: > 0 and { } tolerance } && double.IsFinite(absolute))
            {
                faults.AddRange(contract.Residual is null ? [] : [$"defaults.absoluteTolerance is of models whose residual is relative; that of task '{task.Name}' has a unit already."]);
                contract = contract with { Relative = RelativeResidual.With(tolerance, absolute) };
            }

            faults.AddRange(PartRules.Contracts(manifest, contract));
            return contract;
        }
        catch (JsonException fault)
        {
            faults.Add($"{ModelBundle.ManifestFile} cannot be read: {JsonFault.TextOf(fault)}.");
            return null;
        }
    }

    private static IEnumerable<string> OfEveryModel(ModelManifest manifest) =>
    [
        .. Identity(manifest),
        .. Defaults(manifest.Defaults),
        .. manifest.Defaults.OptionFaults(),
        .. Quality(manifest),
        .. Files(manifest),
    ];

    /// <summary>Whether a name may stand in URLs and folders.</summary>
    public static bool IsName(string? name) =>
        name is { Length: >= 1 and <= 64 } && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    private static IEnumerable<string> Identity(ModelManifest manifest)
    {
        if (!IsName(manifest.Name))
        {
            yield return $"name '{manifest.Name}' is not 1 to 64 lower-case letters, digits and hyphens.";
        }

        if (manifest.Version.Length is < 1 or > 64 || manifest.Version.Any(letter => letter is <= ' ' or > '~'))
        {
            yield return $"version '{manifest.Version}' is not 1 to 64 printable characters without blanks.";
        }
    }

    private static IEnumerable<string> Defaults(SolveDefaults defaults)
    {
        if (FixedPointMethods.Find(defaults.Solver) is null)
        {
            yield return $"defaults.solver is '{defaults.Solver}'; it is one of {string.Join(", ", FixedPointMethods.Names)}.";
        }

        if (defaults.Tolerance is not (> 0 and < 1))
        {
            yield return $"defaults.tolerance is {defaults.Tolerance}; it is above 0 and below 1.";
        }

        if (!(defaults.ToleranceLimit > 0 && defaults.ToleranceLimit <= defaults.Tolerance))
        {
            yield return $"defaults.toleranceLimit is {defaults.ToleranceLimit}; it is above 0 and at most the tolerance, {defaults.Tolerance}.";
        }

        if (defaults.MaxEvaluations < 1)
        {
            yield return $"defaults.maxEvaluations is {defaults.MaxEvaluations}; it is at least 1.";
        }

        if (defaults.EvaluationsLimit < defaults.MaxEvaluations)
        {
            yield return $"defaults.evaluationsLimit is {defaults.EvaluationsLimit}; it is at least maxEvaluations, {defaults.MaxEvaluations}.";
        }
    }

    private static IEnumerable<string> Quality(ModelManifest manifest) =>
        from figure in manifest.Quality
        where !double.IsFinite(figure.Value)
        select $"quality.{figure.Key} is {figure.Value}; it is a finite number.";

    /// <summary>Paths that lead out of the bundle, and hashes that are none, one sentence each.</summary>
    public static IEnumerable<string> Files(ModelManifest manifest)
    {
        foreach ((string path, string hash) in manifest.Files)
        {
            if (BundlePath.FaultOf(path) is { } fault)
            {
                yield return $"files names '{path}', which {fault}.";
            }

            if (hash is not { Length: 64 } || !hash.All(digit => char.IsAsciiHexDigitLower(digit)))
            {
                yield return $"files gives '{path}' the hash '{hash}'; a SHA-256 is 64 lower-case hexadecimal digits.";
            }
        }
    }
}
