using System.Globalization;

namespace Deq.Api.Settings;

/// <summary>Reads settings one by one and remembers every fault, so that an operator sees all of them at once.</summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _faults = [];
    private readonly List<string> _contradictions = [];
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<string> Faults => [.. _faults, .. _contradictions];

    /// <summary>Notes that settings, each possible alone, exclude each other. Listed after all faults of single settings.</summary>
    public void Contradict(string fault) => _contradictions.Add(fault);

    public string? Text(string key)
    {
        _known.Add(key);
        return configuration[key] is { Length: > 0 } value ? value : null;
    }

    /// <summary>The names right under a section, such as those of models.</summary>
    public IReadOnlyList<string> Children(string section) => [.. configuration.GetSection(section).GetChildren().Select(child => child.Key)];

    public int Integer(string key, int fallback, int least, int most) => OptionalInteger(key, least, most) ?? fallback;

    public int? OptionalInteger(string key, int least, int most) => (int?)OptionalLong(key, least, most);

    public long Long(string key, long fallback, long least, long most) => OptionalLong(key, least, most) ?? fallback;

    public TimeSpan Milliseconds(string key, TimeSpan fallback) => OptionalMilliseconds(key) ?? fallback;

    public TimeSpan? OptionalMilliseconds(string key) =>
        OptionalInteger(key, 1, 3_600_000) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    public double? OptionalFraction(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 1)
        {
            return value;
        }

        _faults.Add($"Setting {key} is '{text}'; it must be a number above 0 and below 1.");
        return null;
    }

    public string? HeaderName(string key)
    {
        string? text = Text(key);
        if (text is not null && !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
        {
            _faults.Add($"Setting {key} is '{text}'; it must be the name of a header: letters, digits, '-' and '_'.");
            return null;
        }

        return text;
    }

    public bool Flag(string key, bool fallback) => Choice(key, fallback ? "true" : "false", ["true", "false"]) == "true";

    public string Choice(string key, string fallback, IReadOnlyList<string> choices) => OptionalChoice(key, choices) ?? fallback;

    public string? OptionalChoice(string key, IReadOnlyList<string> choices)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (choices.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } choice)
        {
            return choice;
        }

        _faults.Add($"Setting {key} is '{text}'; it must be one of {string.Join(", ", choices)}.");
        return null;
    }

    /// <summary>A misspelt key would otherwise be ignored in silence.</summary>
    public void RefuseUnknown(IEnumerable<string> sections)
    {
        foreach (string section in sections)
        {
            foreach ((string key, string? value) in configuration.GetSection(section).AsEnumerable())
            {
                if (value is { Length: > 0 } && key != section && !_known.Contains(key))
                {
                    IEnumerable<string> siblings = _known.Where(known => known.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase));
                    _faults.Add($"Setting {key} is unknown; {section} has {string.Join(", ", siblings.Order(StringComparer.Ordinal))}.");
                }
            }
        }
    }

    private long? OptionalLong(string key, long least, long most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most)
        {
            return value;
        }

        _faults.Add($"Setting {key} is '{text}'; it must be a whole number from {least} to {most}.");
        return null;
    }
}
