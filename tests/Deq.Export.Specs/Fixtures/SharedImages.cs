namespace Deq.Export.Specs.Fixtures;

/// <summary>Real data sets, which are no part of the repository.</summary>
internal static class SharedImages
{
    /// <summary>A data set's directory; skips the spec where there is none.</summary>
    /// <remarks>DEQ_DATA names the folder that holds all of them; without it, <c>shared/data</c> is looked for upwards.</remarks>
    public static string Directory(string name)
    {
        string? found = Candidates().Select(parent => Path.Combine(parent, name)).FirstOrDefault(System.IO.Directory.Exists);
        Assert.SkipWhen(found is null, $"The data set {name} is not here; DEQ_DATA may name the folder that holds it.");
        return found!;
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("DEQ_DATA") is { Length: > 0 } named)
        {
            yield return named;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "shared", "data");
        }
    }
}
