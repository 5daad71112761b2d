using System.Globalization;

namespace Deq.Api.Settings;

/// <summary>Reads settings one by one and remembers every fault, so that an operator sees all of them at once.</summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<string> Faults => _faults;

    public string? Text(string key)
    {
        _known.Add(key);
        return configuration[key] is { Length: > 0 } value ? value : null;
    }

    public int Integer(string key, int fallback, int least, int most) => (int)Long(key, fallback, least, most);

    public int? OptionalInteger(string key, int least, int most) => Text(key) is null ? null : Integer(key, least, least, most);

    public long Long(string key, long fallback, long least, long most)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most)
        {
            return value;
        }

        _faults.Add($"Setting {key} is '{text}'; it must be a whole number from {least} to {most}.");
        return fallback;
    }

    public string Choice(string key, string fallback, IReadOnlyList<string> choices)
    {
        string text = Text(key) ?? fallback;
        if (choices.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } choice)
        {
            return choice;
        }

        _faults.Add($"Setting {key} is '{text}'; it must be one of {string.Join(", ", choices)}.");
        return fallback;
    }

    /// <summary>A misspelt key would otherwise be ignored in silence.</summary>
    public void RefuseUnknown(params ReadOnlySpan<string> sections)
    {
        foreach (string section in sections)
        {
            foreach ((string key, string? value) in configuration.GetSection(section).AsEnumerable())
            {
                if (value is not null && key != section && !_known.Contains(key))
                {
                    IEnumerable<string> siblings = _known.Where(known => known.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase));
                    _faults.Add($"Setting {key} is unknown; {section} has {string.Join(", ", siblings.Order(StringComparer.Ordinal))}.");
                }
            }
        }
    }
}
