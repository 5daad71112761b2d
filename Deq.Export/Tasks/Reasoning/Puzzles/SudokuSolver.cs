using System.Numerics;
using Deq.Export.RandomNumbers;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>What a search found.</summary>
/// <param name="Solutions">How many, up to the limit.</param>
/// <param name="Guesses">Branches tried until the last of them.</param>
internal readonly record struct SudokuSearch(int Solutions, int Guesses);

/// <summary>Solves Sudokus: single candidates, single places, on request locked candidates, and guesses where the candidates are fewest.</summary>
/// <remarks>Candidates are bits 0 to 8 of a number per place. Not thread-safe.</remarks>
/// <param name="usesLocked">Whether it also uses locked candidates: slower, and the scale on which puzzles are rated.</param>
internal sealed class SudokuSolver(bool usesLocked)
{
    private const int Side = SudokuChecker.Side;
    private const int Places = Side * Side;
    private const int All = (1 << Side) - 1;

    private static readonly int[][] s_units = Units();
    private static readonly int[][] s_peers = Peers();
    private static readonly (int[] Both, int[] Line, int[] Box)[] s_crossings = Crossings();

    private readonly int[] _solution = new int[Places];
    private int _limit;
    private int _found;
    private int _guesses;

    /// <summary>The last solution found, digits 1 to 9.</summary>
    public ReadOnlySpan<int> Solution => _solution;

    /// <summary>Searches until it has found so many solutions.</summary>
    /// <param name="puzzle">81 digits, 0 for blanks.</param>
    /// <param name="limit">At least 1; 2 tells whether the solution is the only one.</param>
    /// <param name="random">Decides between places with equally few candidates, and the order of guesses.</param>
    public SudokuSearch Search(ReadOnlySpan<int> puzzle, int limit, ref SplitMix64 random)
    {
        (_limit, _found, _guesses) = (limit, 0, 0);
        Span<int> candidates = stackalloc int[Places];
        candidates.Fill(All);
        for (int place = 0; place < Places; place++)
        {
            if (puzzle[place] != 0 && !Assign(candidates, place, 1 << (puzzle[place] - 1)))
            {
                return default;
            }
        }

        Branch(candidates, ref random);
        return new SudokuSearch(_found, _guesses);
    }

    private void Branch(Span<int> candidates, ref SplitMix64 random)
    {
        if (!Reduce(candidates))
        {
            return;
        }

        int chosen = Choose(candidates, ref random);
        if (chosen < 0)
        {
            _found++;
            for (int place = 0; place < Places; place++)
            {
                _solution[place] = BitOperations.TrailingZeroCount(candidates[place]) + 1;
            }

            return;
        }

        Span<int> copy = stackalloc int[Places];
        for (int left = candidates[chosen]; left != 0 && _found < _limit;)
        {
            int bit = Drawn(left, ref random);
            left &= ~bit;
            candidates.CopyTo(copy);
            _guesses++;
            if (Assign(copy, chosen, bit))
            {
                Branch(copy, ref random);
            }
        }
    }

    /// <summary>A place with the fewest candidates above one, drawn among equals; −1 when every place has one.</summary>
    private static int Choose(ReadOnlySpan<int> candidates, ref SplitMix64 random)
    {
        int chosen = -1;
        int fewest = int.MaxValue;
        int equals = 0;
        for (int place = 0; place < Places; place++)
        {
            int count = BitOperations.PopCount((uint)candidates[place]);
            if (count < 2 || count > fewest)
            {
                continue;
            }

            equals = count < fewest ? 1 : equals + 1;
            fewest = count;
            if (random.NextBelow(equals) == 0)
            {
                chosen = place;
            }
        }

        return chosen;
    }

    private static int Drawn(int bits, ref SplitMix64 random)
    {
        for (int skip = random.NextBelow(BitOperations.PopCount((uint)bits)); skip > 0; skip--)
        {
            bits &= bits - 1;
        }

        return bits & -bits;
    }

    /// <summary>Applies the rules until none says anything new; false where a place or a digit has nothing left.</summary>
    private bool Reduce(Span<int> candidates)
    {
        while (true)
        {
            int before = Count(candidates);
            if (!SinglePlaces(candidates))
            {
                return false;
            }

            if (Count(candidates) < before)
            {
                continue;
            }

            if (!usesLocked || before == Places)
            {
                return true;
            }

            if (!Locked(candidates))
            {
                return false;
            }

            if (Count(candidates) == before)
            {
                return true;
            }
        }
    }

    private static int Count(ReadOnlySpan<int> candidates)
    {
        int count = 0;
        foreach (int bits in candidates)
        {
            count += BitOperations.PopCount((uint)bits);
        }

        return count;
    }

    private static bool SinglePlaces(Span<int> candidates)
    {
        foreach (int[] unit in s_units)
        {
            int once = 0;
            int twice = 0;
            foreach (int place in unit)
            {
                twice |= once & candidates[place];
                once |= candidates[place];
            }

            if (once != All)
            {
                return false;
            }

            int single = once & ~twice;
            foreach (int place in unit)
            {
                int bit = candidates[place] & single;
                if (bit != 0 && bit != candidates[place] && ((bit & (bit - 1)) != 0 || !Assign(candidates, place, bit)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>A digit that within a box can only stand in one line is nowhere else in that line, and the other way round.</summary>
    private static bool Locked(Span<int> candidates)
    {
        foreach ((int[] both, int[] line, int[] box) in s_crossings)
        {
            int crossing = candidates[both[0]] | candidates[both[1]] | candidates[both[2]];
            int ofLine = Union(candidates, line);
            int ofBox = Union(candidates, box);
            if (!Remove(candidates, line, crossing & ~ofBox & ofLine) || !Remove(candidates, box, crossing & ~ofLine & ofBox))
            {
                return false;
            }
        }

        return true;
    }

    private static int Union(ReadOnlySpan<int> candidates, int[] places)
    {
        int union = 0;
        foreach (int place in places)
        {
            union |= candidates[place];
        }

        return union;
    }

    private static bool Remove(Span<int> candidates, int[] places, int bits)
    {
        foreach (int place in places)
        {
            int left = candidates[place] & ~bits;
            bool isNewlySingle = left != candidates[place] && (left & (left - 1)) == 0;
            candidates[place] = left;
            if (left == 0 || (isNewlySingle && !RemoveFromPeers(candidates, place, left)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Assign(Span<int> candidates, int place, int bit)
    {
        if ((candidates[place] & bit) == 0)
        {
            return false;
        }

        candidates[place] = bit;
        return RemoveFromPeers(candidates, place, bit);
    }

    private static bool RemoveFromPeers(Span<int> candidates, int place, int bit)
    {
        foreach (int peer in s_peers[place])
        {
            int bits = candidates[peer];
            if ((bits & bit) == 0)
            {
                continue;
            }

            int left = bits & ~bit;
            candidates[peer] = left;
            if (left == 0 || ((left & (left - 1)) == 0 && !RemoveFromPeers(candidates, peer, left)))
            {
                return false;
            }
        }

        return true;
    }

    private static int[][] Units() =>
    [
        .. Enumerable.Range(0, Side).Select(row => Where(place => place / Side == row)),
        .. Enumerable.Range(0, Side).Select(column => Where(place => place % Side == column)),
        .. Enumerable.Range(0, Side).Select(box => Where(place => Box(place) == box)),
    ];

    private static int[][] Peers() =>
    [
        .. Enumerable.Range(0, Places).Select(place => Where(
            other => other != place && (other / Side == place / Side || other % Side == place % Side || Box(other) == Box(place)))),
    ];

    private static (int[] Both, int[] Line, int[] Box)[] Crossings() =>
    [
        .. from line in s_units[..(2 * Side)]
           from box in s_units[(2 * Side)..]
           let both = line.Intersect(box).ToArray()
           where both.Length > 0
           select (both, line.Except(both).ToArray(), box.Except(both).ToArray()),
    ];

    private static int[] Where(Predicate<int> isIn) => [.. Enumerable.Range(0, Places).Where(place => isIn(place))];

    private static int Box(int place) => (place / (3 * Side) * 3) + (place % Side / 3);
}
