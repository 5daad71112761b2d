namespace Deq.Export.Training;

/// <summary>What a run has left where another begins: it is neither overwritten nor taken for the new one.</summary>
internal static class EarlierRun
{
    private static readonly string[] s_names = ["checkpoint", "checkpoint.old", "checkpoint.new", "best", "best.old", "best.new", "log.csv", "curves.png"];

    /// <summary>Moves what is there into a folder beside it. Returns that folder; null where there was nothing.</summary>
    /// <param name="directory">Of the run; exists.</param>
    public static string? SetAside(string directory)
    {
        string[] found = [.. s_names.Where(name => Path.Exists(Path.Combine(directory, name)))];
        if (found.Length == 0)
        {
            return null;
        }

        string aside = Enumerable.Range(1, int.MaxValue - 1).Select(number => Path.Combine(directory, $"earlier-{number}")).First(folder => !Path.Exists(folder));
        Directory.CreateDirectory(aside);
        foreach (string name in found)
        {
            // Moves folders as well.
            Directory.Move(Path.Combine(directory, name), Path.Combine(aside, name));
        }

        return aside;
    }
}
