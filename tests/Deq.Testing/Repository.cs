namespace Deq.Testing;

/// <summary>The repository that the specs were built in.</summary>
public static class Repository
{
    /// <summary>A path in it.</summary>
    /// <param name="parts">From the folder of Deq.sln.</param>
    /// <exception cref="DirectoryNotFoundException">No folder above the running program holds Deq.sln.</exception>
    public static string Folder(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Deq.sln")))
            {
                return Path.Combine([folder.FullName, .. parts]);
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Deq.sln.");
    }
}
