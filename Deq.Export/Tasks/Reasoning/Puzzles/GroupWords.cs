using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Words over A5, the even permutations of five things; the answer at each place is the product of the word up to there.</summary>
/// <remarks>
/// A5 is the smallest group that is not solvable, so no fixed number of layers follows its words (Barrington 1989). Token 0 is the identity; the
/// others are numbered in lexicographic order. Puzzles drawn together have one length.
/// </remarks>
internal sealed class GroupWords : IPuzzleSource
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234567";
    private readonly PuzzleRecipe _recipe;

    /// <summary>Makes the source.</summary>
    /// <param name="recipe">Lengths, at least 1.</param>
    public GroupWords(PuzzleRecipe recipe) => _recipe = recipe;

    /// <summary>The product of two elements by number: first the left one, then the right one.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Products { get; } = Table();

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary { get; } = new() { Characters = [.. Letters], Answers = [.. Enumerable.Range(0, Letters.Length)] };

    /// <inheritdoc/>
    public TokenLayout Layout => TokenLayout.Line;

    /// <inheritdoc/>
    public Puzzle[] Draw(ref SplitMix64 random, int count)
    {
        int length = _recipe.Least + random.NextBelow(_recipe.Most - _recipe.Least + 1);
        var puzzles = new Puzzle[count];
        int[] word = new int[length];
        int[] products = new int[length];
        for (int item = 0; item < count; item++)
        {
            int product = 0;
            for (int place = 0; place < length; place++)
            {
                word[place] = random.NextBelow(Letters.Length);
                products[place] = product = Products[product][word[place]];
            }

            puzzles[item] = new Puzzle(TokenGrid.Sequence(word), TokenGrid.Sequence(products));
        }

        return puzzles;
    }

    private static int[][] Table()
    {
        int[][] even = [.. Permutations([0, 1, 2, 3, 4]).Where(IsEven)];
        var numbers = even.Select((permutation, number) => (Key(permutation), number)).ToDictionary(entry => entry.Item1, entry => entry.number);
        return [.. even.Select(left => even.Select(right => numbers[Key([.. left.Select(place => right[place])])]).ToArray())];
    }

    private static IEnumerable<int[]> Permutations(int[] things) => things.Length == 0
        ? [[]]
        : things.SelectMany(first => Permutations([.. things.Where(thing => thing != first)]).Select(rest => (int[])[first, .. rest]));

    private static bool IsEven(int[] permutation) =>
        permutation.Select((thing, place) => permutation[(place + 1)..].Count(later => later < thing)).Sum() % 2 == 0;

    private static int Key(int[] permutation) => permutation.Aggregate(0, (key, thing) => (key * 5) + thing);
}
