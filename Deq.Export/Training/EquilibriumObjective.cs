using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What a mini-batch asks of the model.</summary>
/// <param name="Input">Of the encoder, <c>[B, …]</c>, B at most the recipe's batch size.</param>
/// <param name="Loss">(output of the decoder, which rows of the mini-batch those are, null for all) ↦ the mean loss.</param>
/// <param name="Measure">What the output reaches, called after the step.</param>
internal sealed record SupervisedBatch(Tensor Input, Func<Tensor, Tensor?, Tensor> Loss, Func<Tensor, IEnumerable<Measured>> Measure);

/// <summary>The objective of a step on an equilibrium: encode, solve without gradient, attach the gradient, decode, add what the recipe asks for besides.</summary>
internal sealed class EquilibriumObjective : IDisposable
{
    private readonly EquilibriumRecipe _recipe;
    private readonly EquilibriumNetwork _network;
    private readonly TrainingState _state;
    private readonly TorchSolver _solver;
    private readonly IGradientEstimator _gradient;
    private readonly PhantomUnrolled _pretraining;
    private readonly GradientCheck _check;
    private readonly ConvergenceWatch _watch;

    // The solver takes its map when it is made, and each step brings its own.
    private StepCell? _cell;
    private Func<Tensor, Tensor, Tensor>? _outerGradient;

    /// <summary>Allocates the solver's buffers.</summary>
    /// <param name="recipe">Everything that decides a step.</param>
    /// <param name="network">The graphs.</param>
    /// <param name="state">The tensors; shared.</param>
    /// <param name="device">Where training runs.</param>
    public EquilibriumObjective(EquilibriumRecipe recipe, EquilibriumNetwork network, TrainingState state, Device device)
    {
        (_recipe, _network, _state) = (recipe, network, state);
        _gradient = GradientCatalogue.Make(recipe.Gradient, recipe.Solver);
        _pretraining = new PhantomUnrolled(recipe.Training.PretrainSteps, damping: 1);
        _check = new GradientCheck(network, state);
        _watch = new ConvergenceWatch(recipe.Solver.Tolerance);
        _solver = ForwardSolver.Make(
            recipe.Solver,
            recipe.Gradient,
            recipe.Training.BatchSize,
            network.Graphs.StateWidth,
            (z, sideInputs) => _cell!.Evaluate(z, sideInputs),
            device: device,
            outerGradient: (z, rows) => _outerGradient!(z, rows));
    }

    /// <summary>Computes the objective of one step.</summary>
    /// <param name="batch">The data.</param>
    /// <param name="epoch">From 1; the first ones may unroll a few evaluations from 0 in place of solving.</param>
    /// <param name="step">Steps made before in the whole run: with the recipe's seed it decides every random draw.</param>
    public StepObjective Make(SupervisedBatch batch, int epoch, long step)
    {
        bool isPretraining = _recipe.Training.IsPretraining(epoch);
        BoundNetwork bound = _network.Bind(_state.Parameters.Compose(training: true));
        Tensor[] x = bound.Encode(batch.Input);
        Tensor Loss(Tensor output) => batch.Loss(output, null);
        _outerGradient = (z, rows) => OuterGradient(bound, z, output => batch.Loss(output, rows));
        Solved solved = isPretraining ? Unsolved(bound, x) : Solve(bound, x, step);
        double cosine = isPretraining ? double.NaN : Compare(batch.Input, Loss, solved, step);
        GradientPass pass = (isPretraining ? _pretraining : _gradient).Attach(solved.Cell.Evaluate, solved.Solution);
        Tensor output = bound.Decode(pass.State);
        Tensor loss = Loss(output).Plus(Corrections(bound, Loss, solved));
        Tensor? penalty = isPretraining ? null : Penalty(solved, epoch, step);
        BackwardReport? backward = null;
        long rows = batch.Input.shape[0];
        return new StepObjective
        {
            Loss = penalty is null ? loss : loss.Plus(penalty.Times(_recipe.JacobianRegularization!.WeightAt(epoch))),
            Weight = rows,
            RetainsGraph = pass.CompletesGradient,
            Differentiated = () => backward = pass.Complete(),
            Measure = () => [.. batch.Measure(output), .. Measure(rows, isPretraining ? null : solved.Solution, backward!, penalty, cosine)],
            Warn = () => isPretraining ? null : Watch(solved, epoch, step),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _gradient.Dispose();
        _check.Dispose();
    }

    private static Tensor OuterGradient(BoundNetwork bound, Tensor z, Func<Tensor, Tensor> loss)
    {
        Tensor leaf = z.requires_grad_();
        return autograd.grad([loss(bound.Decode(leaf))], [leaf])[0];
    }

    private Solved Unsolved(BoundNetwork bound, Tensor[] x)
    {
        Tensor start = zeros(x[0].shape[0], _network.Graphs.StateWidth, dtype: x[0].dtype, device: x[0].device);
        return new Solved(new StepCell(bound, x, mask: null, trajectory: null), null, TorchSolution.Given(start), []);
    }

    private Solved Solve(BoundNetwork bound, Tensor[] x, long step)
    {
        using var draws = new StepDraws(_recipe, step);
        Tensor start = draws.Start((int)x[0].shape[0], _network.Graphs.StateWidth, x[0]);
        int budget = draws.Budget();
        Tensor? mask = draws.Mask(start);
        int corrected = _recipe.Correction?.States ?? 0;
        List<int> watched = [.. Trajectory.Spaced(corrected, budget)];
        if (_recipe.JacobianRegularization?.At == "trajectory")
        {
            watched.Add(draws.Evaluation(budget));
        }

        Trajectory? trajectory = watched.Count > 0 ? new Trajectory(watched, start) : null;
        _cell = new StepCell(bound, x, mask, trajectory);
        TorchSolution solution = _solver.Solve(start, RowGrant.Of(_recipe.Solver.Tolerance, budget), _cell.SideInputs);
        return new Solved(_cell, mask, solution, trajectory?.States(solution.State) ?? []);
    }

    private double Compare(Tensor input, Func<Tensor, Tensor> loss, Solved solved, long step)
    {
        int every = _recipe.Training.CompareGradientEvery;
        return every > 0 && step % every == 0 ? _check.Cosine(_gradient, input, loss, solved.Mask, solved.Solution) : double.NaN;
    }

    /// <summary>The weighted losses at states on the way to the solution; 0 where the recipe asks for none.</summary>
    private Tensor Corrections(BoundNetwork bound, Func<Tensor, Tensor> loss, Solved solved)
    {
        Tensor sum = zeros([], device: solved.Solution.State.device);
        for (int i = 0; i < _recipe.Correction?.States && i < solved.Visited.Length; i++)
        {
            using var steps = new PhantomUnrolled(_recipe.Correction.Steps, damping: 1);
            Tensor state = steps.Attach(solved.Cell.Evaluate, TorchSolution.Given(solved.Visited[i])).State;
            sum = sum.Plus(loss(bound.Decode(state)).Times(_recipe.Correction.WeightAt(i + 1)));
        }

        return sum;
    }

    /// <summary>Draws from a separate generator: Torch's global one belongs to the whole process.</summary>
    private Tensor? Penalty(Solved solved, int epoch, long step)
    {
        var random = new SplitMix64(_recipe.Seed, stream: -1, item: (int)step);
        if (_recipe.JacobianRegularization is not { } jacobian || random.NextShare() >= jacobian.Probability || jacobian.WeightAt(epoch) == 0)
        {
            return null;
        }

        using var directions = new Generator(random.Next());
        Tensor at = jacobian.At == "trajectory" ? solved.Visited[^1] : solved.Solution.State;
        return JacobianRegularizer.Penalty(solved.Cell.Evaluate, at, jacobian.Samples, directions);
    }

    private string? Watch(Solved solved, int epoch, long step)
    {
        double residual = solved.Solution.Statistics.MeanResidual;
        if (!_watch.HasStoppedConverging(residual))
        {
            return null;
        }

        double radius = SpectralRadii.Median(solved.Cell.Evaluate, solved.Solution.State);
        return _watch.Explain(epoch, step + 1, residual, radius, _recipe.Solver.MaxEvaluations);
    }

    private IEnumerable<Measured> Measure(long rows, TorchSolution? solution, BackwardReport backward, Tensor? penalty, double cosine)
    {
        yield return new("evaluations", solution?.Statistics.MeanEvaluations ?? _recipe.Training.PretrainSteps, rows);
        yield return new("residual", solution?.Statistics.MeanResidual ?? 0, rows);
        yield return new("backward_evaluations", backward.Evaluations, rows);
        if (penalty is not null)
        {
            yield return new("jacobian_penalty", penalty.item<float>(), 1);
        }

        if (!double.IsNaN(cosine))
        {
            yield return new("gradient_cosine", cosine, 1);
        }
    }

    /// <summary>What the forward part of a step has found.</summary>
    /// <param name="Cell">f of the step.</param>
    /// <param name="Mask">Its variational dropout.</param>
    /// <param name="Solution">z*, or where pretraining starts.</param>
    /// <param name="Visited">States on the way: those to correct, then that of the Jacobian penalty.</param>
    private sealed record Solved(StepCell Cell, Tensor? Mask, TorchSolution Solution, Tensor[] Visited);
}
