using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Random bits and their running parity. Puzzles drawn together have one length.</summary>
/// <param name="recipe">Lengths, at least 1.</param>
internal sealed class PrefixSums(PuzzleRecipe recipe) : IPuzzleSource
{
    /// <inheritdoc/>
    public TokenVocabulary Vocabulary { get; } = new PrefixSumChecker().Vocabulary;

    /// <inheritdoc/>
    public TokenLayout Layout => TokenLayout.Line;

    /// <inheritdoc/>
    public Puzzle[] Draw(ref SplitMix64 random, int count)
    {
        int length = recipe.Least + random.NextBelow(recipe.Most - recipe.Least + 1);
        var puzzles = new Puzzle[count];
        int[] bits = new int[length];
        for (int item = 0; item < count; item++)
        {
            foreach (ref int bit in bits.AsSpan())
            {
                bit = random.NextBelow(2);
            }

            var question = TokenGrid.Sequence(bits);
            puzzles[item] = new Puzzle(question, PrefixSumChecker.Solve(question));
        }

        return puzzles;
    }
}
