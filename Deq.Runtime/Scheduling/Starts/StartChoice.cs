namespace Deq.Runtime.Scheduling.Starts;

/// <summary>Chooses one row's start while its first evaluations are made. Knows neither states nor batches.</summary>
/// <param name="candidates">How many there are, at least 1.</param>
/// <param name="sureBelow">See <see cref="StartPlan.SureBelow"/>.</param>
/// <param name="mostOfLast">See <see cref="StartPlan.MostOfLast"/>.</param>
/// <param name="mostChange">See <see cref="StartPlan.MostChange"/>.</param>
internal sealed class StartChoice(int candidates, double sureBelow, double mostOfLast, double mostChange)
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
    /// <param name="moved">How far f moved the answer from there.</param>
    /// <param name="change">By how much f changed the state, relative to it.</param>
    /// <param name="isDone">Whether the row ends with this evaluation.</param>
    /// <returns>What the row does next.</returns>
    public StartStep Note(double residual, double moved, double change, bool isDone)
    {
        int tried = _residuals.Count;
        _residuals.Add(double.IsFinite(residual) ? residual : double.PositiveInfinity);
        _moved.Add(double.IsFinite(moved) ? moved : double.PositiveInfinity);
        _changes.Add(double.IsFinite(change) ? change : double.PositiveInfinity);
        bool isSure = _moved[tried] <= sureBelow && _changes[tried] <= mostChange;
        if (!isDone && !isSure && tried + 1 < candidates)
        {
            Candidate = tried + 1;
            return StartStep.TryNext;
        }

        // Of a row that ends here the best is kept; one that goes on without being sure has tried the last.
        int best = Best();
        bool isFar = _moved[best] > mostOfLast * _moved[tried] || _changes[best] > mostChange;
        bool staysHere = best == tried || (!isDone && (isSure || isFar));
        (IsMade, Candidate) = (true, staysHere ? tried : best);
        return !staysHere ? StartStep.GoBack : best == tried ? StartStep.GoOn : StartStep.GoOnHere;
    }

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
    /// <summary>Goes on: what was tried was the solve's first evaluation.</summary>
    GoOn,

    /// <summary>Goes on from what was tried last, although another candidate had a smaller residual.</summary>
    GoOnHere,

    /// <summary>Starts over from the next candidate.</summary>
    TryNext,

    /// <summary>Goes on from f of the best candidate, which was tried before.</summary>
    GoBack,
}
