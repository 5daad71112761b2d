namespace Deq.Api.Settings;

/// <summary>Everything an operator can set, read section by section as the features registered it. Described in docs/operations.md.</summary>
internal sealed class ServerSettings
{
    private readonly Dictionary<Type, object> _read = [];

    /// <exception cref="StartupException">A setting is out of range or unknown, or settings contradict each other; all are listed.</exception>
    public ServerSettings(IConfiguration configuration, IEnumerable<SettingsSection> sections)
    {
        var reader = new SettingsReader(configuration);
        SettingsSection[] all = [.. sections];
        foreach (SettingsSection section in all)
        {
            _read.Add(section.Type, section.Read(this, reader));
        }

        reader.RefuseUnknown(all.SelectMany(section => section.Names).Distinct(StringComparer.Ordinal));
        if (reader.Faults.Count > 0)
        {
            throw new StartupException(reader.Faults);
        }
    }

    /// <summary>What was read of a section that was registered earlier.</summary>
    public T Of<T>() => (T)_read[typeof(T)];
}

/// <summary>The settings of one feature.</summary>
/// <param name="Type">What they are read into.</param>
/// <param name="Names">The sections of the configuration where they are; features may share one.</param>
/// <param name="Read">Reads them, given what earlier features read.</param>
internal sealed record SettingsSection(Type Type, IReadOnlyList<string> Names, Func<ServerSettings, SettingsReader, object> Read)
{
    public static SettingsSection Of<T>(Func<ServerSettings, SettingsReader, T> read, params string[] names)
        where T : class => new(typeof(T), names, read);
}

internal static class SettingsRegistration
{
    /// <summary>Has a feature's settings read when the server starts, after those of the features before it.</summary>
    public static void AddSettings<T>(this WebApplicationBuilder builder, SettingsSection section)
        where T : class
    {
        builder.Services.AddSingleton(section);
        builder.Services.AddSingleton(services => services.GetRequiredService<ServerSettings>().Of<T>());
    }
}
