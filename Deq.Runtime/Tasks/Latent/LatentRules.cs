using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Latent;

/// <summary>What the manifest of a latent decoder must satisfy beyond what every manifest must.</summary>
internal static class LatentRules
{
    private const int LongestSide = 1024;

    public static IEnumerable<string> Faults(ModelManifest manifest)
    {
        ImageInput image = manifest.Input;
        foreach (string fault in image.Faults())
        {
            yield return fault;
        }

        foreach ((string name, int pixels) in new[] { ("height", image.Height), ("width", image.Width) })
        {
            if (pixels is < 1 or > LongestSide)
            {
                yield return $"input.{name} is {pixels}; it is 1 to {LongestSide} pixels.";
            }
        }

        if (image.Sizes is not null || manifest.State is not null || manifest.Labels.Count > 0)
        {
            yield return "input.sizes, state and labels are of other tasks; a latent decoder has none of them.";
        }
    }
}
