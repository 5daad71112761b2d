using System.Reflection;
using Deq.Runtime.Models;

namespace Deq.Api.Settings;

/// <summary>The files from which the framework reads settings while it is created. It would wait for the writer of a pipe.</summary>
internal static class SettingsFiles
{
    /// <summary>Looks at those that are there, without opening them.</summary>
    /// <param name="arguments">The command line.</param>
    /// <exception cref="StartupException">Some are empty or no files; all are listed.</exception>
    public static void Check(string[] arguments)
    {
        string[] faults = [.. PathsFor(arguments).Select(FaultOf).OfType<string>()];
        if (faults.Length > 0)
        {
            throw new StartupException(faults);
        }
    }

    /// <summary>Where they are, by what the framework knows before it reads them.</summary>
    private static IEnumerable<string> PathsFor(string[] arguments)
    {
        IConfiguration host = new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddCommandLine(arguments).Build();
        string root = Path.Combine(AppContext.BaseDirectory, host[HostDefaults.ContentRootKey] ?? Directory.GetCurrentDirectory());
        string environment = host[HostDefaults.EnvironmentKey] ?? Environments.Production;
        string? program = host[HostDefaults.ApplicationKey] ?? Assembly.GetEntryAssembly()?.GetName().Name;
        string[] names = ["appsettings", $"{program}.settings"];
        return names.SelectMany(name => new[] { $"{name}.json", $"{name}.{environment}.json" }).Select(name => Path.Combine(root, name));
    }

    private static string? FaultOf(string path)
    {
        try
        {
            _ = Path.Exists(path) ? RegularFile.Checked(path) : null;
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"Settings cannot be read from {path}: {fault.Message}";
        }
    }
}
