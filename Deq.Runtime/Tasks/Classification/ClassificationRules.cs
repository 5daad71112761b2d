using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Classification;

/// <summary>What the manifest of a classifier must satisfy beyond what every manifest must.</summary>
internal static class ClassificationRules
{
    private const int LongestSide = 8192;

    private static readonly string[] s_resizes = ["fit", "crop", "stretch"];

    public static IEnumerable<string> Faults(ModelManifest manifest)
    {
        ImageInput input = manifest.Input;
        foreach (string fault in input.Faults())
        {
            yield return fault;
        }

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
            yield return "input.sizes and state are of models of free size; a classifier has neither.";
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
}
