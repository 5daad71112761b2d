using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Verification;

/// <summary>One property of a bundle that callers rely on.</summary>
/// <param name="Claim">The property.</param>
/// <param name="Finding">What was measured, or why nothing can be.</param>
/// <param name="Holds">Whether it holds; null where it does not apply to this bundle.</param>
internal sealed record BundleProof(string Claim, string Finding, bool? Holds);

/// <summary>Proves of a bundle what needs no other program than its graphs: what is left where there is no recipe from which Torch could compute the same.</summary>
internal sealed class BundleProofs
{
    /// <summary>Ends are compared where solves reached this share of the default tolerance, or the smallest that requests may ask for.</summary>
    private const double Share = 0.01;

    /// <summary>States of a residual r lie within r/(1 − ρ) of the fixed point, ρ the norm of the Jacobian; the spectral radius is at most that, often less.</summary>
    private const double Allowance = 10;
    private const double LargestRadius = 0.99;
    private const int FewEvaluations = 8;

    /// <summary>Evaluations to converge to a small tolerance, in those that a model takes by default; at least <see cref="ManyEvaluations"/>.</summary>
    private const int Patience = 4;
    private const int ManyEvaluations = 200;

    private readonly ModelBundle _bundle;
    private readonly OnnxModel _model;
    private readonly IReadOnlyList<float[]> _inputs;
    private readonly double _bound;
    private readonly SolveDefaults _defaults;
    private readonly BundleSolves _solves;
    private readonly BundleCheck _check;

    /// <summary>Prepares.</summary>
    /// <param name="bundle">An open bundle; stays the caller's.</param>
    /// <param name="model">Its model at the size of the inputs.</param>
    /// <param name="inputs">At least one.</param>
    /// <param name="bound">The largest difference of rows alone and together, as a share of the largest value.</param>
    /// <param name="clock">Measures time.</param>
    public BundleProofs(ModelBundle bundle, OnnxModel model, IReadOnlyList<float[]> inputs, double bound, TimeProvider clock)
    {
        (_bundle, _model, _inputs, _bound, _defaults) = (bundle, model, inputs, bound, bundle.Manifest.Defaults);
        _solves = new BundleSolves(model, _defaults, clock);
        _check = new BundleCheck(bundle, model, inputs, clock);
    }

    /// <summary>Every proof.</summary>
    public IEnumerable<BundleProof> Run()
    {
        SolvedRow[] alone = [.. _inputs.Select(input => _solves.Solve(input, _defaults.Grant()))];
        yield return Repeats(alone);
        yield return Together();
        yield return Counts();
        yield return Residuals(alone);
        yield return Converges(alone);
        foreach (BundleProof proof in FixedPoints())
        {
            yield return proof;
        }

        foreach (BundleProof proof in ProductProofs.Run(_bundle))
        {
            yield return proof;
        }
    }

    private BundleProof Repeats(SolvedRow[] first)
    {
        bool same = _inputs.Zip(first).All(pair => _solves.Solve(pair.First, _defaults.Grant()) is var again
            && again.Solution.Evaluations == pair.Second.Solution.Evaluations && again.State.AsSpan().SequenceEqual(pair.Second.State) && again.Output.AsSpan().SequenceEqual(pair.Second.Output));
        return new("the same input gives the same answer", same ? "to the last bit" : "answers of one input differ", same);
    }

    /// <summary>At equal numbers of evaluations: near the tolerance rounding decides which one is the last.</summary>
    private BundleProof Together()
    {
        int evaluations = Math.Clamp(_defaults.MaxEvaluations / 2, 1, FewEvaluations);
        RowGrant grant = RowGrant.Of(double.Epsilon, evaluations) with { AnswersFinal = true };
        float[][] inputs = [.. _inputs, .. _inputs.Take(_inputs.Count == 1 ? 1 : 0).Select(input => (float[])[.. input.Reverse()])];
        SolvedRow[] together = _solves.SolveTogether(inputs, grant);
        double[] apart = [.. inputs.Zip(together).Select(pair => ShareApart(_solves.Solve(pair.First, grant).Output, pair.Second.Output))];
        return new(
            $"{inputs.Length} inputs solved together give what each gives alone",
            $"after {evaluations} evaluations the largest difference is {Largest(apart):E2} of the largest value, bound {_bound:E0}",
            apart.All(share => share <= _bound));
    }

    private BundleProof Counts()
    {
        long before = _solves.Evaluations;
        int reported = _solves.SolveTogether(_inputs, _defaults.Grant()).Sum(row => row.Solution.Evaluations);
        long made = _solves.Evaluations - before;
        return new("evaluations reported are evaluations made", $"{reported} reported, {made} made", reported == made);
    }

    /// <summary>What is answered is f of the iterate that met the tolerance: another evaluation moves it about as much, by the norm of the Jacobian more or less.</summary>
    private BundleProof Residuals(SolvedRow[] alone)
    {
        double[] moved = [.. _inputs.Zip(alone).Where(pair => pair.Second.Solution.Converged).Select(pair => Residual(pair.First, pair.Second.State, to: null))];
        double bound = Allowance * _defaults.Tolerance;
        const string Claim = "an answer that converged is a fixed point";
        return moved.Length == 0
            ? new(Claim, $"no solve converges to {_defaults.Tolerance:G3} within {_defaults.MaxEvaluations} evaluations", null)
            : new(Claim, $"another evaluation moves it by at most {Largest(moved):E2}, in the unit of residuals; bound {bound:E1}", moved.All(value => value <= bound));
    }

    private BundleProof Converges(SolvedRow[] alone)
    {
        int converged = alone.Count(row => row.Solution.Converged);
        int diverged = alone.Count(row => row.Solution.Stop == StopReason.Diverged);
        return new(
            "solves converge by default",
            $"{converged} of {alone.Length} inputs to {_defaults.Tolerance:G3} within {_defaults.MaxEvaluations} evaluations"
                + (diverged > 0 ? $"; {diverged} diverged: the cell gives NaN or infinite values"
                    : converged < alone.Length ? "; nothing is wrong with a model that is meant to stop before, such as RAFT" : ""),
            diverged > 0 ? false : converged == alone.Length ? true : null);
    }

    /// <summary>Solves to a small tolerance from other starts than the cold one.</summary>
    private IEnumerable<BundleProof> FixedPoints()
    {
        double tolerance = Math.Max(_defaults.ToleranceLimit, Share * _defaults.Tolerance);
        int evaluations = Math.Min(_defaults.EvaluationsLimit, Math.Max(ManyEvaluations, Patience * _defaults.MaxEvaluations));
        RowGrant grant = RowGrant.Of(tolerance, evaluations);
        SolvedRow[] cold = [.. _inputs.Select(input => _solves.Solve(input, grant))];
        double radius = cold.Any(row => row.Solution.Converged) ? _check.SpectralRadius() : double.NaN;
        double bound = Allowance * tolerance / (1 - (radius < LargestRadius ? radius : LargestRadius));
        float[][] noise = [.. VerifiedInputs.Noise(_inputs.Count, _model.StateWidth, seed: 2)];
        yield return FromElsewhere("from noise a solve ends where it does from the cold start", place => noise[place]);
        yield return FromElsewhere("a warm start ends where the cold one does", place => cold.Length > 1 ? cold[(place + 1) % cold.Length].State : [.. cold[0].State.Select(value => 1.1f * value)]);

        BundleProof FromElsewhere(string claim, Func<int, float[]> start)
        {
            double[] apart =
            [
                .. from place in Enumerable.Range(0, _inputs.Count)
                   where cold[place].Solution.Converged
                   let other = _solves.Solve(_inputs[place], grant, start(place))
                   where other.Solution.Converged
                   select Residual(_inputs[place], cold[place].State, other.State),
            ];
            return apart.Length == 0
                ? new(claim, $"no solve converges to {tolerance:G3} within {evaluations} evaluations from both", null)
                : new(claim, $"of {apart.Length} inputs the ends differ by at most {Largest(apart):E2}, in the unit of residuals; bound {bound:E1}", apart.All(value => value <= bound));
        }
    }

    /// <summary>How far a state is from another, or from what the cell makes of it, in the unit of the model's residual.</summary>
    private double Residual(float[] input, float[] from, float[]? to)
    {
        using OnnxLane lane = _model.OpenLane(1);
        int z = lane.Space.Allocate(2);
        lane.Encode(input, 0);
        lane.Start(z, 0, from);
        if (to is null)
        {
            lane.Evaluate(z, z + 1, 1);
        }
        else
        {
            lane.Start(z + 1, 0, to);
        }

        (double difference, double magnitude) = (0, 0);
        foreach ((float one, float other) in from.Zip(lane.Space.Row(z + 1, 0).ToArray()))
        {
            difference += ((double)other - one) * ((double)other - one);
            magnitude += (double)other * other;
        }

        RowResidual[] residual = new RowResidual[1];
        lane.Residual.Measure(z, z + 1, [difference], [magnitude], residual, 1);
        return residual[0].Value;
    }

    /// <summary>The largest; NaN where one is, which <c>Max</c> would leave out.</summary>
    private static double Largest(double[] values) => values.Aggregate(0.0, (largest, value) => Math.Max(largest, value));

    private static double ShareApart(float[] one, float[] other)
    {
        (double apart, double largest) = (0, 0);
        for (int i = 0; i < one.Length; i++)
        {
            double difference = Math.Abs((double)one[i] - other[i]);
            apart = double.IsNaN(difference) || difference > apart ? difference : apart;
            largest = Math.Max(largest, Math.Abs(one[i]));
        }

        return apart == 0 ? 0 : apart / largest;
    }
}
