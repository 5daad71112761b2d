using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling.Starts;

/// <summary>Chooses one row's start by its first evaluations. Independent of states and batches.</summary>
/// <param name="candidates">How many there are, at least 1.</param>
/// <param name="sureBelow">See <see cref="StartPlan.SureBelow"/>.</param>
/// <param name="mostOfLastCandidate">See <see cref="StartPlan.MostOfLastCandidate"/>.</param>
/// <param name="mostChange">See <see cref="StartPlan.MostChange"/>.</param>
internal sealed class StartChoice(int candidates, double sureBelow, double mostOfLastCandidate, double mostChange)
{
    private readonly List<double> _residuals = new(candidates);
    private readonly List<double> _moved = new(candidates);
    private readonly List<double> _changes = new(candidates);

    /// <summary>Whether the choice is made.</summary>
    public bool IsMade { get; private set; }

    /// <summary>The candidate that is tried, or was chosen.</summary>
    public int Candidate { get; private set; }

    /// <summary>The choice; of a row that ended while candidates were tried, the best of those.</summary>
    public ChosenStart Chosen => new(IsMade ? Candidate : Best(), _residuals);

    /// <summary>Takes in the residual at the candidate that was tried.</summary>
    /// <param name="residual">NaN or infinite when f was not finite there.</param>
    /// <param name="isDone">Whether the row ends with this evaluation.</param>
    /// <returns>What the row does next.</returns>
    public StartStep Note(RowResidual residual, bool isDone)
    {
        int tried = _residuals.Count;
        _residuals.Add(FiniteOrInfinity(residual.Value));
        _moved.Add(FiniteOrInfinity(residual.First));
        _changes.Add(FiniteOrInfinity(residual.Second));
        bool isSure = _moved[tried] <= sureBelow && _changes[tried] <= mostChange;
        if (!isDone && !isSure && tried + 1 < candidates)
        {
            Candidate = tried + 1;
            return StartStep.TryNext;
        }

        // Of a row that ends here the best is kept; one that continues without being sure has tried the last.
        int best = Best();
        bool isFar = _moved[best] > mostOfLastCandidate * _moved[tried] || _changes[best] > mostChange;
        bool staysHere = best == tried || (!isDone && (isSure || isFar));
        (IsMade, Candidate) = (true, staysHere ? tried : best);
        return !staysHere ? StartStep.GoBack : best == tried ? StartStep.GoOn : StartStep.GoOnHere;
    }

    private static double FiniteOrInfinity(double number) => double.IsFinite(number) ? number : double.PositiveInfinity;

    /// <summary>The smallest residual's candidate. Of equals the later one: less trusted, but it is where the row is.</summary>
    private int Best()
    {
        int best = _residuals.Count - 1;
        for (int i = best - 1; i >= 0; i--)
        {
            best = _residuals[i] < _residuals[best] ? i : best;
        }

        return best;
    }
}

/// <summary>What a row does after trying a start.</summary>
internal enum StartStep
{
    /// <summary>Continues: what was tried was the solve's first evaluation.</summary>
    GoOn,

    /// <summary>Continues from what was tried last, although another candidate had a smaller residual.</summary>
    GoOnHere,

    /// <summary>Starts over from the next candidate.</summary>
    TryNext,

    /// <summary>Continues from f of the best candidate, which was tried before.</summary>
    GoBack,
}
