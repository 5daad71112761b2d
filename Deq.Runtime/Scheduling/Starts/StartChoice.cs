namespace Deq.Runtime.Scheduling.Starts;

/// <summary>Chooses one row's start by its first evaluations. Independent of states and batches.</summary>
/// <param name="candidates">How many there are, at least 1.</param>
internal sealed class StartChoice(int candidates)
{
    private readonly List<double> _residuals = new(candidates);

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
    public StartStep Note(double residual, bool isDone)
    {
        int tried = _residuals.Count;
        _residuals.Add(double.IsFinite(residual) ? residual : double.PositiveInfinity);
        if (!isDone && tried + 1 < candidates)
        {
            Candidate = tried + 1;
            return StartStep.TryNext;
        }

        (IsMade, Candidate) = (true, Best());
        return Candidate == tried ? StartStep.GoOn : StartStep.GoBack;
    }

    /// <summary>The candidate of the smallest residual. Of equals the later one, where the row is already.</summary>
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

    /// <summary>Starts over from the next candidate.</summary>
    TryNext,

    /// <summary>Continues from f of the best candidate, which was tried before.</summary>
    GoBack,
}
