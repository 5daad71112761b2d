namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>The tokens of a reasoning task: which character each number is written as, which places a model decides, and with which tokens.</summary>
public sealed record TokenVocabulary
{
    /// <summary>One character per token, by number: 1 to 1,024, all different.</summary>
    public required IReadOnlyList<char> Characters { get; init; }

    /// <summary>Further characters that are read as a token, such as <c>0</c> for a blank; never written.</summary>
    public IReadOnlyDictionary<char, int> Aliases { get; init; } = new Dictionary<char, int>();

    /// <summary>Tokens whose places the model decides; other places keep the token they were given. None means that all places are decided.</summary>
    public IReadOnlyList<int> Blanks { get; init; } = [];

    /// <summary>The tokens that answers are made of, in the order of the decoder's logits.</summary>
    public required IReadOnlyList<int> Answers { get; init; }

    /// <summary>How many tokens there are.</summary>
    public int Count => Characters.Count;

    /// <summary>Whether the model decides a place that holds this token.</summary>
    public bool IsDecided(int token) => Blanks.Count == 0 || Blanks.Contains(token);

    /// <summary>The token that a character is read as; −1 for none.</summary>
    public int Find(char character)
    {
        for (int token = 0; token < Characters.Count; token++)
        {
            if (Characters[token] == character)
            {
                return token;
            }
        }

        return Aliases.GetValueOrDefault(character, -1);
    }
}
