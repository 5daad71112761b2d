namespace Deq.Export.Training;

/// <summary>Notices when a run's forward solves stop converging, long before the loss shows it, and says why as far as it can be known.</summary>
/// <remarks>
/// It compares the mean residual of the newest steps with the lowest mean so far: a solve that ends at a tenth of its state's length, and
/// three times worse than it did, has found no fixed point. What it knows is not part of a checkpoint.
/// </remarks>
/// <param name="tolerance">The forward solve's.</param>
internal sealed class ConvergenceWatch(double tolerance)
{
    private const int Window = 20;
    private const double Unconverged = 0.1;
    private const double Growth = 3;

    private double _sum;
    private int _steps;
    private double _lowest = double.PositiveInfinity;

    /// <summary>Takes a step's mean residual in; true when the steps since the last answer have stopped converging.</summary>
    /// <param name="residual">Mean relative residual of the step's rows; not finite where none has a finite state.</param>
    public bool HasStoppedConverging(double residual)
    {
        _sum += residual;
        if (!double.IsFinite(residual))
        {
            (_sum, _steps) = (0, 0);
            return true;
        }

        if (++_steps < Window)
        {
            return false;
        }

        double mean = _sum / Window;
        bool hasStopped = mean > Unconverged && mean > Growth * _lowest && mean > tolerance;
        _lowest = Math.Min(_lowest, mean);
        (_sum, _steps) = (0, 0);
        return hasStopped;
    }

    /// <summary>A sentence for people.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="step">Mini-batches done in the run.</param>
    /// <param name="residual">Of the newest step.</param>
    /// <param name="radius">The spectral radius of ∂f/∂z where the newest solves ended.</param>
    /// <param name="budget">The most evaluations of a solve.</param>
    public string Explain(int epoch, long step, double residual, double radius, int budget)
    {
        string fact = $"Epoch {epoch}, step {step}: the forward solves stop converging (residual {residual:E1}, spectral radius {radius:F2}).";
        if (!(radius < 1))
        {
            return $"{fact} The cell is no contraction there: raise jacobianRegularization.weight or its probability, or lower optimizer.learningRate.";
        }

        double needed = Math.Ceiling(Math.Log(tolerance) / Math.Log(radius));
        return $"{fact} A cell of that radius takes about {needed:F0} evaluations by plain iteration and is granted {budget}:"
            + " raise solver.maxEvaluations, or regularize the Jacobian.";
    }
}
