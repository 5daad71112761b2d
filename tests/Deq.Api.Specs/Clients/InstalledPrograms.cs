namespace Deq.Api.Specs.Clients;

/// <summary>What is installed here.</summary>
internal static class InstalledPrograms
{
    /// <summary>The paths of a program in the folders of <c>PATH</c>, in their order.</summary>
    public static IEnumerable<string> Found(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).Where(File.Exists);
}
