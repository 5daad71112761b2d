using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>What a reasoner's manifest says of its tokens, its starts and what a request may spend.</summary>
public sealed record ReasoningContract
{
    /// <summary>The member of manifests that holds it.</summary>
    public const string Section = "reasoning";

    /// <summary>How text is laid out: <c>line</c> (a sequence), <c>lines</c> (a grid) or <c>cells</c> (a grid of fixed size in one line).</summary>
    public required string Layout { get; init; }

    /// <summary>One character per token, by number: at least 2, all different.</summary>
    public required string Characters { get; init; }

    /// <summary>Further characters that are read as a token; none of <see cref="Characters"/>. Default none.</summary>
    public IReadOnlyDictionary<string, int> Aliases { get; init; } = new Dictionary<string, int>();

    /// <summary>Tokens whose places the model decides; other places keep what they were given. Default none: all places are decided.</summary>
    public IReadOnlyList<int> Blanks { get; init; } = [];

    /// <summary>The tokens that answers are made of, in the order of the decoder's logits.</summary>
    public required IReadOnlyList<int> Answers { get; init; }

    /// <summary>A name of <see cref="AnswerCheckers"/>; null where nothing but the model judges answers.</summary>
    public string? Checker { get; init; }

    /// <summary>Standard deviation of the normal numbers that further starts are made of, above 0; the first start is zero.</summary>
    public required double StartNoise { get; init; }

    /// <summary>The levels of effort, each dearer than the one before, by the names of <see cref="EffortLevel.Names"/>.</summary>
    public required IReadOnlyList<EffortLevel> Efforts { get; init; }

    /// <summary>What a manifest says; null where it says nothing.</summary>
    /// <exception cref="JsonException">The section cannot be read.</exception>
    public static ReasoningContract? Find(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.Sections is { } sections && sections.TryGetValue(Section, out JsonElement section)
            ? ModelManifest.Read<ReasoningContract>(section, Section)
            : null;
    }

    /// <summary>What the manifest of a reasoner says.</summary>
    /// <exception cref="ArgumentException">The model is no reasoner.</exception>
    public static ReasoningContract Of(ModelManifest manifest) =>
        Find(manifest) ?? throw new ArgumentException("The model is no reasoner.", nameof(manifest));

    /// <summary>Numbers in the state of a question's solve: the product of the extents of the cell's z.</summary>
    /// <param name="manifest">A reasoner's.</param>
    /// <param name="question">Of a size that the model takes.</param>
    public static int StateWidth(ModelManifest manifest, TokenGrid question)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(question);
        var scale = new ExtentScale(question.Height, question.Width);
        return checked((int)manifest.Cell.Inputs[0].Shape.Skip(1).Aggregate(1L, (product, extent) => product * scale.Of(extent)));
    }

    /// <summary>The tokens as a vocabulary.</summary>
    public TokenVocabulary ToVocabulary() => new()
    {
        Characters = [.. Characters],
        Aliases = Aliases.ToDictionary(alias => alias.Key[0], alias => alias.Value),
        Blanks = Blanks,
        Answers = Answers,
    };

    /// <summary>The level of that name; null for none.</summary>
    public EffortLevel? Effort(string name) => Efforts.FirstOrDefault(level => level.Name == name);
}

/// <summary>What a level of effort spends, and what that reaches.</summary>
public sealed record EffortLevel
{
    /// <summary>The level a client gets who asks for none.</summary>
    public const string Default = "medium";

    /// <summary>The names, cheapest first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["minimal", "low", Default, "high", "max"];

    /// <summary>One of <see cref="Names"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Evaluations of each start, at least 1; <see cref="EvaluationsPerPlace"/> come on top.</summary>
    public required int Evaluations { get; init; }

    /// <summary>Further evaluations per place of the input, at least 0: what lets the budget follow the length. Default 0.</summary>
    public double EvaluationsPerPlace { get; init; }

    /// <summary>Solves from different starts, 1 to 64.</summary>
    public required int Starts { get; init; }

    /// <summary>The relative residual that counts as settled, in (0, 1).</summary>
    public required double Tolerance { get; init; }

    /// <summary>What the level was measured to reach, one sentence for people.</summary>
    public string Reaches { get; init; } = "";

    /// <summary>The evaluations of each start for an input of so many places.</summary>
    public int EvaluationsFor(int places) => (int)Math.Min(int.MaxValue, Evaluations + Math.Ceiling(EvaluationsPerPlace * places));
}
