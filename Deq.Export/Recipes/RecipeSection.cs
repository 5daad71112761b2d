using System.Text.Json;

namespace Deq.Export.Recipes;

/// <summary>One JSON object of a recipe. Values are asked for by name; a wrong one is noted and replaced by its default, so that the faults after it are found too.</summary>
internal sealed class RecipeSection
{
    private readonly Dictionary<string, JsonElement> _values = [];
    private readonly List<string> _asked = [];
    private readonly string _place;
    private readonly RecipeFaults _faults;
    private readonly bool _isSilent;

    /// <summary>A section as it stands in the file.</summary>
    /// <param name="element">The value; not an object is a fault.</param>
    /// <param name="place">Where it stands; empty for the whole file.</param>
    /// <param name="faults">Where faults are noted.</param>
    public RecipeSection(JsonElement element, string place, RecipeFaults faults)
    {
        _place = place;
        _faults = faults;
        _isSilent = element.ValueKind != JsonValueKind.Object;
        if (_isSilent)
        {
            faults.Add(place, $"must be an object {{…}}, not {Describe(element)}.");
            return;
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_values.TryAdd(property.Name, property.Value))
            {
                faults.Add(Place(property.Name), "is given twice.");
            }
        }
    }

    private RecipeSection(string place, RecipeFaults faults, bool isSilent)
    {
        _place = place;
        _faults = faults;
        _isSilent = isSilent;
    }

    /// <summary>Whether the file gives this key a value; null counts as none.</summary>
    public bool Has(string name)
    {
        _asked.Add(name);
        return _values.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>A section that must be there. When it is not, that is the one fault noted about it.</summary>
    public RecipeSection RequiredSection(string name)
    {
        if (Take(name, isRequired: true) is JsonElement value)
        {
            return new RecipeSection(value, Place(name), _faults);
        }

        return new RecipeSection(Place(name), _faults, isSilent: true);
    }

    /// <summary>A section that may be absent: then it gives the defaults.</summary>
    public RecipeSection OptionalSection(string name) => Take(name, isRequired: false) is JsonElement value
        ? new RecipeSection(value, Place(name), _faults)
        : new RecipeSection(Place(name), _faults, isSilent: false);

    /// <summary>A list of sections, at most so many; empty when it is absent or faulty.</summary>
    public IReadOnlyList<RecipeSection> Sections(string name, int high)
    {
        if (Take(name, isRequired: false) is not JsonElement value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > high)
        {
            Reject(Place(name), $"a list […] of at most {high} sections", value);
            return [];
        }

        return [.. value.EnumerateArray().Select((item, index) => new RecipeSection(item, $"{Place(name)}[{index}]", _faults))];
    }

    /// <summary>A text; null as the fallback makes it required.</summary>
    /// <param name="name">The key.</param>
    /// <param name="fallback">The default.</param>
    /// <param name="accepts">Whether a given text will do; null accepts all.</param>
    /// <param name="expected">What will do, in words that follow "must be".</param>
    public string Text(string name, string? fallback, Predicate<string>? accepts = null, string expected = "a text")
    {
        if (Take(name, fallback is null) is not JsonElement value)
        {
            return fallback ?? "";
        }

        if (value.ValueKind == JsonValueKind.String && (accepts is null || accepts(value.GetString()!)))
        {
            return value.GetString()!;
        }

        Reject(Place(name), expected, value);
        return fallback ?? "";
    }

    /// <summary>One of some known names.</summary>
    public string Choice(string name, string? fallback, IReadOnlyList<string> known) =>
        Text(name, fallback, text => known.Contains(text), known.Count == 1 ? $"\"{known[0]}\"" : $"one of \"{string.Join("\", \"", known)}\"");

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool fallback)
    {
        if (Take(name, isRequired: false) is not JsonElement value)
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Reject(Place(name), "true or false", value);
        return fallback;
    }

    /// <summary>A number; null as the fallback makes it required.</summary>
    public double Number(string name, double? fallback, NumberRange range) =>
        Take(name, fallback is null) is JsonElement value && Number(Place(name), value, range) is double number ? number : fallback ?? range.High;

    /// <summary>A whole number from low to high; null as the fallback makes it required.</summary>
    public int Whole(string name, int? fallback, int low, int high) =>
        Take(name, fallback is null) is JsonElement value && Whole(Place(name), value, low, high) is int number ? number : fallback ?? low;

    /// <summary>A list, or null when it is absent or faulty.</summary>
    /// <param name="name">The key.</param>
    /// <param name="isRequired">Whether its absence is a fault.</param>
    /// <param name="low">The fewest entries.</param>
    /// <param name="high">The most entries.</param>
    /// <param name="entry">Reads the entry at a place; null when it is faulty, which it has then noted.</param>
    public IReadOnlyList<T>? List<T>(string name, bool isRequired, int low, int high, Func<string, JsonElement, T?> entry)
        where T : struct
    {
        if (Take(name, isRequired) is not JsonElement value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() < low || value.GetArrayLength() > high)
        {
            Reject(Place(name), $"a list […] of {low} to {high} entries", value);
            return null;
        }

        T?[] entries = [.. value.EnumerateArray().Select((item, index) => entry($"{Place(name)}[{index}]", item))];
        return entries.All(item => item is not null) ? [.. entries.Select(item => item!.Value)] : null;
    }

    /// <summary>A list of numbers, each in the range.</summary>
    public IReadOnlyList<double>? Numbers(string name, bool isRequired, int low, int high, NumberRange range) =>
        List(name, isRequired, low, high, (place, item) => Number(place, item, range));

    /// <summary>A list of whole numbers, each from 1 to a bound.</summary>
    public IReadOnlyList<int>? Wholes(string name, bool isRequired, int low, int high, int bound) =>
        List(name, isRequired, low, high, (place, item) => Whole(place, item, 1, bound));

    /// <summary>Notes a value that will not do.</summary>
    public void Reject(string place, string expected, JsonElement value) => _faults.Add(place, $"must be {expected}, not {Describe(value)}.");

    /// <summary>Notes every unknown key. Call it last.</summary>
    public void RejectTheRest()
    {
        foreach (string name in _values.Keys.Except(_asked))
        {
            _faults.Add(Place(name), $"is not a key of a recipe. Known here: {string.Join(", ", _asked)}.");
        }
    }

    private double? Number(string place, JsonElement value, NumberRange range)
    {
        if (value.ValueKind == JsonValueKind.Number && range.Contains(value.GetDouble()))
        {
            return value.GetDouble();
        }

        Reject(place, $"a number in {range}", value);
        return null;
    }

    private int? Whole(string place, JsonElement value, int low, int high)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= low && number <= high)
        {
            return number;
        }

        Reject(place, $"a whole number from {low} to {high}", value);
        return null;
    }

    private JsonElement? Take(string name, bool isRequired)
    {
        _asked.Add(name);
        if (_values.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        if (isRequired && !_isSilent)
        {
            _faults.Add(Place(name), "is missing.");
        }

        return null;
    }

    private string Place(string name) => _place.Length == 0 ? name : $"{_place}.{name}";

    private static string Describe(JsonElement value)
    {
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= 60 ? text : text[..57] + "…";
    }
}
