namespace Deq.Runtime.FixedPoints;

/// <summary>Finds out that one row repeats its states instead of approaching a fixed point.</summary>
/// <remarks>
/// While the residual falls nothing is compared. Once it has stalled, f(z_k) is kept as an anchor and the later ones are compared with it: a cycle of period p
/// comes back to it after p evaluations and again after 2p. Anchors are renewed at distances that double, so every period is found and the way into the cycle
/// is left behind. Source: Brent, "An improved Monte Carlo factorization algorithm", 1980.
/// </remarks>
internal sealed class CycleWatch
{
    /// <summary>Evaluations without progress before states are compared.</summary>
    private const int Patience = 8;

    /// <summary>A residual below this share of the last one noted is progress.</summary>
    private const double Progress = 0.99;

    /// <summary>
    /// How near a state must come to the anchor, as a share of what the evaluation changed. An oscillation that shrinks by the share s per evaluation misses
    /// the anchor by more than s of its change: only one that would need tens of thousands of evaluations to converge counts as a cycle.
    /// </summary>
    private const double Nearness = 1e-4;

    /// <summary>Evaluations with the first anchor and with any later one; half of it is the longest period found.</summary>
    private const int FirstReach = 16;
    private const int LastReach = 512;

    private double _noted;
    private int _stalled;
    private int _age;
    private int _reach;
    private int _candidate;

    /// <summary>Whether the row has an anchor.</summary>
    public bool HasAnchor { get; private set; }

    /// <summary>Whether the newest f(z) is to be the anchor; see <see cref="Anchor"/>.</summary>
    public bool WantsAnchor => HasAnchor ? _age >= _reach : _stalled >= Patience;

    /// <summary>Evaluations after which the states repeat; 0 while they are not known to.</summary>
    public int Period { get; private set; }

    /// <summary>Forgets everything: the row begins, or continues elsewhere.</summary>
    public void Begin() => (_noted, _stalled, HasAnchor, Period) = (double.PositiveInfinity, 0, false, 0);

    /// <summary>Records the residual of an evaluation; NaN or infinite is no state to repeat.</summary>
    public void Note(double residual)
    {
        if (!double.IsFinite(residual))
        {
            Begin();
        }
        else if (residual < Progress * _noted)
        {
            (_noted, _stalled, HasAnchor) = (residual, 0, false);
        }
        else
        {
            _stalled++;
        }
    }

    /// <summary>Notes that the newest f(z) is kept.</summary>
    public void Anchor()
    {
        _reach = HasAnchor ? Math.Min(2 * _reach, LastReach) : FirstReach;
        (HasAnchor, _age, _candidate) = (true, 0, 0);
    }

    /// <summary>Compares an evaluation after the anchor's.</summary>
    /// <param name="distance">‖f(z) − anchor‖².</param>
    /// <param name="change">‖f(z) − z‖².</param>
    public void Compare(double distance, double change)
    {
        _age++;
        bool isBack = distance <= Nearness * Nearness * change;
        if (_candidate > 0 && _age == 2 * _candidate)
        {
            (Period, _candidate) = isBack ? (_candidate, _candidate) : (0, 0);
        }
        else if (isBack && _candidate == 0)
        {
            _candidate = _age;
        }
    }
}
