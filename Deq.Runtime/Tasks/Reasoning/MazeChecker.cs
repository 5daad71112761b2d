namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>A maze of walls and open places with one start and one goal; the answer marks the open places of a shortest way between them.</summary>
public sealed class MazeChecker : IAnswerChecker
{
    /// <summary>A wall, <c>#</c>.</summary>
    public const int Wall = 0;

    /// <summary>An open place, a space.</summary>
    public const int Open = 1;

    /// <summary>Where the way starts, <c>S</c>.</summary>
    public const int Start = 2;

    /// <summary>Where it ends, <c>G</c>.</summary>
    public const int Goal = 3;

    /// <summary>A place of the way, <c>o</c>.</summary>
    public const int Way = 4;

    /// <inheritdoc/>
    public string Name => "maze";

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary { get; } = new()
    {
        Characters = ['#', ' ', 'S', 'G', 'o'],
        Aliases = new Dictionary<char, int> { ['.'] = Open },
        Blanks = [Open],
        Answers = [Open, Way],
    };

    /// <inheritdoc/>
    public string? Refusal(TokenGrid question)
    {
        ArgumentNullException.ThrowIfNull(question);
        (int starts, int goals) = (question.Tokens.Count(Start), question.Tokens.Count(Goal));
        return question.Tokens.ContainsAnyExceptInRange(Wall, Goal) ? "A maze is made of walls, open places, S and G."
            : (starts, goals) != (1, 1) ? $"A maze has one S and one G; this has {starts} and {goals}."
            : null;
    }

    /// <inheritdoc/>
    public bool IsValid(TokenGrid question, TokenGrid answer)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        if ((question.Height, question.Width) != (answer.Height, answer.Width))
        {
            return false;
        }

        int marked = 0;
        for (int place = 0; place < question.Count; place++)
        {
            bool isMarked = question.Tokens[place] == Open && answer.Tokens[place] == Way;
            marked += isMarked ? 1 : 0;
            if (!isMarked && answer.Tokens[place] != question.Tokens[place])
            {
                return false;
            }
        }

        // A way over marked places alone that is as short as the shortest and uses them all.
        return Steps(answer, Way) is { } over && over == marked + 1 && over == Steps(question, Open);
    }

    /// <inheritdoc/>
    /// <remarks>A marked place on no shortest way is wrong, and so is a place left out that is on all of them.</remarks>
    public IReadOnlyList<int> Wrong(TokenGrid question, TokenGrid answer)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        int[] fromStart = Distances(question, Start, Open);
        int[] fromGoal = Distances(question, Goal, Open);
        int length = fromStart[question.Tokens.IndexOf(Goal)];
        int[] onShortest =
        [
            .. Enumerable.Range(0, question.Count)
                .Where(place => question.Tokens[place] == Open && length >= 0 && fromStart[place] >= 0 && fromGoal[place] >= 0 && fromStart[place] + fromGoal[place] == length),
        ];
        ILookup<int, int> bySteps = onShortest.ToLookup(place => fromStart[place]);
        var right = onShortest.ToHashSet();
        return
        [
            .. Enumerable.Range(0, question.Count).Where(place => question.Tokens[place] == Open
                && (answer.Tokens[place] == Way ? !right.Contains(place) : right.Contains(place) && bySteps[fromStart[place]].Count() == 1)),
        ];
    }

    /// <summary>Steps from S to G over places of one token; null when there is no way.</summary>
    private static int? Steps(TokenGrid maze, int passable) =>
        Distances(maze, Start, passable)[maze.Tokens.IndexOf(Goal)] is >= 0 and int steps ? steps : null;

    /// <summary>Steps from the place of one token to every place over places of another, S and G at its ends; −1 where there is no way.</summary>
    private static int[] Distances(TokenGrid maze, int from, int passable)
    {
        int[] steps = new int[maze.Count];
        Array.Fill(steps, -1);
        var queue = new Queue<int>();
        int first = maze.Tokens.IndexOf(from);
        steps[first] = 0;
        queue.Enqueue(first);
        while (queue.TryDequeue(out int place))
        {
            if (place != first && maze.Tokens[place] != passable)
            {
                continue;
            }

            foreach (int next in (ReadOnlySpan<int>)
                [
                    place % maze.Width > 0 ? place - 1 : -1,
                    place % maze.Width < maze.Width - 1 ? place + 1 : -1,
                    place - maze.Width,
                    place + maze.Width < maze.Count ? place + maze.Width : -1,
                ])
            {
                if (next >= 0 && steps[next] < 0 && (maze.Tokens[next] == passable || maze.Tokens[next] is Start or Goal))
                {
                    steps[next] = steps[place] + 1;
                    queue.Enqueue(next);
                }
            }
        }

        return steps;
    }
}
