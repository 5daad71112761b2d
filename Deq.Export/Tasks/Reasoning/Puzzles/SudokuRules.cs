using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>Rules that take candidates from the places of a Sudoku. Candidates are bits 0 to 8 of a number per place.</summary>
internal static class SudokuRules
{
    /// <summary>All nine digits.</summary>
    public const int All = (1 << SudokuChecker.Side) - 1;

    /// <summary>A digit that has one place left in a unit stands there; false where a digit has none.</summary>
    public static bool SinglePlaces(Span<int> candidates)
    {
        foreach (int[] unit in SudokuUnits.All)
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

    /// <summary>A digit that within a box can only stand in one line is nowhere else in that line, and the other way round; false where that leaves a place without any.</summary>
    public static bool Locked(Span<int> candidates)
    {
        foreach ((int[] both, int[] line, int[] box) in SudokuUnits.Crossings)
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

    /// <summary>Puts a digit where it is a candidate and takes it from the peers; false where that leaves a place without any.</summary>
    public static bool Assign(Span<int> candidates, int place, int bit)
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
        foreach (int peer in SudokuUnits.Peers[place])
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
}
