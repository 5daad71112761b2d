using System.CommandLine;

namespace Deq.Export.Packing;

/// <summary>What a user said of a model that its graphs do not show, and what is still to be asked.</summary>
/// <param name="given">What was parsed.</param>
internal sealed class PackAnswers(ParseResult given)
{
    private readonly List<string> _missing = [];

    /// <summary>What must still be said, an option and its meaning in each.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Whether an option was given.</summary>
    /// <param name="name">With its hyphens.</param>
    public bool Has(string name) => given.GetResult(name) is System.CommandLine.Parsing.OptionResult { Implicit: false };

    /// <summary>An option's value, or the default of its type.</summary>
    /// <param name="name">With its hyphens.</param>
    public T? Find<T>(string name) => given.GetValue<T>(name);

    /// <summary>Asks for the options that were not given.</summary>
    /// <param name="required">What each says of the model.</param>
    public void Require(IEnumerable<RequiredOption> required) =>
        _missing.AddRange(required.Where(option => !Has(option.Name)).Select(option => $"{option.Name} is missing: {option.Meaning}."));

    /// <summary>Asks for something that is no option alone.</summary>
    public void Ask(string sentence) => _missing.Add(sentence);
}

/// <summary>An option without which a model cannot be packed.</summary>
/// <param name="Name">With its hyphens.</param>
/// <param name="Meaning">What it says of the model.</param>
internal sealed record RequiredOption(string Name, string Meaning);
