using Deq.Export.Bundling;
using Deq.Runtime.Bundles;

namespace Deq.Export.Verification;

/// <summary>The recipe in a bundle.</summary>
internal static class VerifiedRecipe
{
    /// <summary>Its path.</summary>
    /// <exception cref="InvalidDataException">The bundle has none.</exception>
    public static string In(ModelBundle bundle)
    {
        string path = Path.Combine(bundle.Directory, BundleFileNames.Recipe);
        return File.Exists(path)
            ? path
            : throw new InvalidDataException($"{bundle.Directory} has no {BundleFileNames.Recipe}: only bundles that export wrote can be verified against their recipe; `check --reference` compares this one with arrays of the program that it came from.");
    }
}
