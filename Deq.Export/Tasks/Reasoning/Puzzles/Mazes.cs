using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Perfect mazes: every open place is reached from every other by one way. Drawn depth first, so ways are long and winding.</summary>
/// <remarks>
/// Rooms lie two places apart. A maze of an odd side n has (n − 1)/2 rooms a side within a border of walls, or (n + 1)/2 without one. S and G are
/// drawn from the rooms, or are the two ends of the longest way. Puzzles drawn together have one side.
/// </remarks>
/// <param name="recipe">Sides, odd, at least 5.</param>
internal sealed class Mazes(PuzzleRecipe recipe) : IPuzzleSource
{
    private static readonly MazeChecker s_maze = new();

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary => s_maze.Vocabulary;

    /// <inheritdoc/>
    public TokenLayout Layout => TokenLayout.Lines;

    /// <inheritdoc/>
    public Puzzle[] Draw(ref SplitMix64 random, int count)
    {
        int sides = ((recipe.Most - recipe.Least) / 2) + 1;
        int side = recipe.Least + (2 * random.NextBelow(sides));
        var puzzles = new Puzzle[count];
        for (int item = 0; item < count; item++)
        {
            puzzles[item] = Draw(ref random, side, random.NextShare() >= recipe.BorderlessShare, random.NextShare() >= recipe.DrawnEndsShare);
        }

        return puzzles;
    }

    /// <summary>Draws one maze.</summary>
    /// <param name="random">Decides every draw.</param>
    /// <param name="side">Odd, at least 5.</param>
    /// <param name="hasBorder">Whether walls surround it.</param>
    /// <param name="isLongest">Whether S and G are the ends of the longest way.</param>
    public static Puzzle Draw(ref SplitMix64 random, int side, bool hasBorder, bool isLongest)
    {
        int[] tokens = new int[side * side];
        int first = hasBorder ? 1 : 0;
        int rooms = hasBorder ? (side - 1) / 2 : (side + 1) / 2;
        Carve(ref random, tokens, side, first, rooms);
        int drawn = Place(random.NextBelow(rooms * rooms));
        int other = isLongest ? Farthest(tokens, side, drawn) : Place(random.NextBelow(rooms * rooms));
        int goal = isLongest ? Farthest(tokens, side, other) : other == drawn ? Farthest(tokens, side, drawn) : drawn;
        (tokens[other], tokens[goal]) = (MazeChecker.Start, MazeChecker.Goal);
        var question = new TokenGrid(side, side, tokens);
        int[] from = Parents(tokens, side, goal, out _);
        for (int place = from[other]; place != goal; place = from[place])
        {
            tokens[place] = MazeChecker.Way;
        }

        return new Puzzle(question, new TokenGrid(side, side, tokens));

        int Place(int room) => ((first + (2 * (room / rooms))) * side) + first + (2 * (room % rooms));
    }

    private static void Carve(ref SplitMix64 random, int[] tokens, int side, int first, int rooms)
    {
        int start = ((first + (2 * random.NextBelow(rooms))) * side) + first + (2 * random.NextBelow(rooms));
        tokens[start] = MazeChecker.Open;
        var stack = new Stack<int>([start]);
        Span<int> moves = stackalloc int[4];
        while (stack.TryPeek(out int place))
        {
            int count = 0;
            int column = place % side;
            foreach ((int move, bool isInside) in (ReadOnlySpan<(int, bool)>)
                [(-1, column - 2 >= first), (1, column + 2 < side), (-side, place - (2 * side) >= first * side), (side, place + (2 * side) < tokens.Length)])
            {
                if (isInside && tokens[place + (2 * move)] == MazeChecker.Wall)
                {
                    moves[count++] = move;
                }
            }

            if (count == 0)
            {
                stack.Pop();
                continue;
            }

            int taken = moves[random.NextBelow(count)];
            tokens[place + taken] = MazeChecker.Open;
            tokens[place + (2 * taken)] = MazeChecker.Open;
            stack.Push(place + (2 * taken));
        }
    }

    private static int Farthest(int[] tokens, int side, int from)
    {
        Parents(tokens, side, from, out int last);
        return last;
    }

    /// <summary>For each place the next one on the way back to a root; the last reached is the farthest.</summary>
    private static int[] Parents(int[] tokens, int side, int root, out int last)
    {
        int[] parents = new int[tokens.Length];
        Array.Fill(parents, -1);
        parents[root] = root;
        var queue = new Queue<int>([root]);
        last = root;
        while (queue.TryDequeue(out int place))
        {
            last = place;
            int column = place % side;
            foreach (int next in (ReadOnlySpan<int>)
                [
                    column > 0 ? place - 1 : -1,
                    column < side - 1 ? place + 1 : -1,
                    place - side,
                    place + side < tokens.Length ? place + side : -1,
                ])
            {
                if (next >= 0 && parents[next] < 0 && tokens[next] != MazeChecker.Wall)
                {
                    parents[next] = place;
                    queue.Enqueue(next);
                }
            }
        }

        return parents;
    }
}
