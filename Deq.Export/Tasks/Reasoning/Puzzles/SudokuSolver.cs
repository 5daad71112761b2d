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
        candidates.Fill(SudokuRules.All);
        for (int place = 0; place < Places; place++)
        {
            if (puzzle[place] != 0 && !SudokuRules.Assign(candidates, place, 1 << (puzzle[place] - 1)))
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
            if (SudokuRules.Assign(copy, chosen, bit))
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
            if (!SudokuRules.SinglePlaces(candidates))
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

            if (!SudokuRules.Locked(candidates))
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
}
