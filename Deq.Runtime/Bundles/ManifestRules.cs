using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Bundles;

/// <summary>What the members of a manifest must satisfy on their own.</summary>
internal static class ManifestRules
{
    private const int LongestSide = 8192;

    private static readonly string[] s_resizes = ["fit", "crop", "stretch"];

    /// <summary>Every rule that the manifest breaks, one sentence each.</summary>
    public static IEnumerable<string> Faults(ModelManifest manifest) =>
    [
        .. Identity(manifest),
        .. Image(manifest.Input),
        .. manifest.Task == ModelTasks.Flow ? FlowRules.Faults(manifest) : Classifier(manifest),
        .. Defaults(manifest.Defaults),
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

        if (!ModelTasks.All.Contains(manifest.Task))
        {
            yield return $"task '{manifest.Task}' is unknown; known are {string.Join(", ", ModelTasks.All)}.";
        }
    }

    private static IEnumerable<string> Image(ImageInput input)
    {
        if (input.Channels is not (1 or 3))
        {
            yield return $"input.channels is {input.Channels}; it is 1 or 3.";
        }

        foreach ((string name, IReadOnlyList<double> values) in new[] { ("mean", input.Mean), ("deviation", input.Deviation) })
        {
            if (values.Count != input.Channels)
            {
                yield return $"input.{name} has {values.Count} numbers for {input.Channels} channels.";
            }

            if (values.Any(value => !double.IsFinite(value)) || (name == "deviation" && values.Any(value => value <= 0)))
            {
                yield return $"input.{name} is [{string.Join(", ", values)}]; its numbers are finite{(name == "deviation" ? " and above 0" : "")}.";
            }
        }

        if (input.Background is < 0 or > 255)
        {
            yield return $"input.background is {input.Background}; it is 0 to 255.";
        }
    }

    private static IEnumerable<string> Classifier(ModelManifest manifest)
    {
        ImageInput input = manifest.Input;
        foreach ((string name, int pixels) in new[] { ("height", input.Height), ("width", input.Width) })
        {
            if (pixels is < 1 or > LongestSide)
            {
                yield return $"input.{name} is {pixels}; it is 1 to {LongestSide} pixels.";
            }
        }

        if (!s_resizes.Contains(input.Resize))
        {
            yield return $"input.resize is '{input.Resize}'; it is one of {string.Join(", ", s_resizes)}.";
        }

        if (input.Sizes is not null || manifest.State is not null)
        {
            yield return "input.sizes and state are of flow estimators; this is a classifier.";
        }

        foreach (string fault in Labels(manifest.Labels))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Labels(IReadOnlyList<string> labels)
    {
        if (labels.Count < 2)
        {
            yield return $"labels has {labels.Count} names; a classifier has at least 2.";
        }

        if (labels.Any(string.IsNullOrWhiteSpace))
        {
            yield return "labels has an empty name.";
        }

        IEnumerable<IGrouping<string, string>> groups = labels.Where(label => label is not null).GroupBy(label => label);
        foreach (IGrouping<string, string> twins in groups.Where(group => group.Count() > 1))
        {
            yield return $"labels has '{twins.Key}' {twins.Count()} times.";
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

    private static IEnumerable<string> Files(ModelManifest manifest)
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
