namespace Deq.Api.Settings;

/// <summary>The server's folder among the user's application data, which nobody else can write: where everything is kept that no setting places.</summary>
internal static class DataFolder
{
    /// <summary>A place in the folder, whether it exists or not; null where the system has no folder for the user's data.</summary>
    /// <remarks>Without that option the framework has no folder that does not exist yet, so that the first start would keep its files elsewhere than the second.</remarks>
    /// <param name="name">Of a file or a folder in it.</param>
    public static string? Find(string name) =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } data
            ? Path.Combine(data, "deq", name)
            : null;

    /// <summary>The same, for what must be kept somewhere.</summary>
    /// <param name="name">Of a file or a folder in it.</param>
    /// <param name="key">The setting that places it elsewhere.</param>
    /// <exception cref="StartupException">The system has no folder for the user's data.</exception>
    public static string Require(string name, string key) =>
        Find(name) ?? throw new StartupException($"The user of the server has no folder for application data, so {key} must be set to a place that can be written.");
}
