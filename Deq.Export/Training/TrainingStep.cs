using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>One optimizer step on one mini-batch: encode, solve without gradient, attach the gradient, decode, differentiate, update.</summary>
public sealed class TrainingStep : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly EquilibriumNetwork _network;
    private readonly TrainingState _state;
    private readonly TorchSolver _solver;
    private readonly IGradientEstimator _gradient;
    private readonly PhantomUnrolled _pretraining;
    private readonly GradientCheck _check;
    private readonly ConvergenceWatch _watch;
    private StepCell? _cell;
    private Func<Tensor, Tensor, Tensor>? _outerGradient;

    /// <summary>Allocates the solver's buffers.</summary>
    /// <param name="recipe">Everything a step is decided by.</param>
    /// <param name="network">The graphs.</param>
    /// <param name="state">The tensors; shared.</param>
    /// <param name="device">Where training runs.</param>
    public TrainingStep(TrainingRecipe recipe, EquilibriumNetwork network, TrainingState state, Device device)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(network);
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
            (z, companions) => _cell!.Evaluate(z, companions),
            device: device,
            outerGradient: (z, rows) => _outerGradient!(z, rows));
    }

    /// <summary>What to tell people after the newest step: that the forward solves have stopped converging, and why. Null for nothing.</summary>
    public string? Warning { get; private set; }

    /// <summary>Makes one step and adds what it measured to the sums.</summary>
    /// <param name="images"><c>[B, C, H, W]</c>, B at most the recipe's batch size.</param>
    /// <param name="labels"><c>[B]</c>, 64-bit.</param>
    /// <param name="epoch">From 1; the first ones may unroll a few evaluations from 0 in place of solving.</param>
    /// <param name="step">Steps made before in the whole run: with the recipe's seed it decides every random draw.</param>
    /// <param name="sums">So far.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public EpochSums Make(Tensor images, Tensor labels, int epoch, long step, EpochSums sums)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(sums);
        using IDisposable scope = NewDisposeScope();
        bool isPretraining = _recipe.Training.IsPretraining(epoch);
        _state.Optimizer.zero_grad();
        BoundNetwork bound = _network.Bind(_state.Parameters.Compose(training: true));
        Tensor x = bound.Encode(images);
        Tensor Loss(Tensor logits) => LossOf(logits, labels);
        _outerGradient = (z, rows) => OuterGradient(bound, z, labels.index_select(0, rows));
        Solved solved = isPretraining ? Unsolved(bound, x) : Solve(bound, x, step);
        double cosine = isPretraining ? double.NaN : Compare(images, Loss, solved, step);
        GradientPass pass = (isPretraining ? _pretraining : _gradient).Attach(solved.Cell.Evaluate, solved.Solution);
        Tensor logits = bound.Decode(pass.State);
        Tensor loss = Loss(logits) + Corrections(bound, Loss, solved);
        Tensor? penalty = isPretraining ? null : Penalty(solved, epoch, step);
        Tensor total = penalty is null ? loss : loss + (penalty * _recipe.JacobianRegularization!.WeightAt(epoch));
        double value = total.item<float>();
        if (!double.IsFinite(value))
        {
            throw new TrainingDivergedException($"The loss is {value}: lower the learning rate or the gradient clip.");
        }

        autograd.backward(total, retain_graph: pass.CompletesGradient);
        BackwardReport backward = pass.Complete();
        nn.utils.clip_grad_norm_(_state.Parameters.Trainable.Select(entry => entry.Value), _recipe.Training.GradientClip);
        _state.Optimizer.step();
        Warning = isPretraining ? null : Watch(solved, epoch, step);
        long right = (logits.argmax(1) == labels).sum().item<long>();
        return Add(sums, images.shape[0], value, right, isPretraining ? null : solved.Solution, backward, penalty, cosine);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _gradient.Dispose();
        _check.Dispose();
    }

    private Tensor LossOf(Tensor logits, Tensor labels) =>
        nn.functional.cross_entropy(logits, labels, label_smoothing: _recipe.Training.LabelSmoothing);

    private Tensor OuterGradient(BoundNetwork bound, Tensor z, Tensor labels)
    {
        Tensor leaf = z.requires_grad_();
        return autograd.grad([LossOf(bound.Decode(leaf), labels)], [leaf])[0];
    }

    private Solved Unsolved(BoundNetwork bound, Tensor x)
    {
        Tensor start = zeros(x.shape[0], _network.Graphs.StateWidth, dtype: x.dtype, device: x.device);
        return new Solved(new StepCell(bound, x, mask: null, trajectory: null), null, TorchSolution.Given(start), []);
    }

    private Solved Solve(BoundNetwork bound, Tensor x, long step)
    {
        using var draws = new StepDraws(_recipe, step);
        Tensor start = draws.Start((int)x.shape[0], _network.Graphs.StateWidth, x);
        int budget = draws.Budget();
        Tensor? mask = draws.Mask(start);
        int corrected = _recipe.Correction?.States ?? 0;
        List<int> watched = [.. Trajectory.Spaced(corrected, budget)];
        if (_recipe.JacobianRegularization?.At == "trajectory")
        {
            watched.Add(draws.Evaluation(budget));
        }

        Trajectory? way = watched.Count > 0 ? new Trajectory(watched, start) : null;
        _cell = new StepCell(bound, x, mask, way);
        TorchSolution solution = _solver.Solve(start, RowGrant.Of(_recipe.Solver.Tolerance, budget), _cell.Companions);
        return new Solved(_cell, mask, solution, way?.States(solution.State) ?? []);
    }

    private double Compare(Tensor images, Func<Tensor, Tensor> loss, Solved solved, long step)
    {
        int every = _recipe.Training.CompareGradientEvery;
        return every > 0 && step % every == 0 ? _check.Cosine(_gradient, images, loss, solved.Mask, solved.Solution) : double.NaN;
    }

    /// <summary>The weighted losses at states on the way to the solution; 0 where the recipe asks for none.</summary>
    private Tensor Corrections(BoundNetwork bound, Func<Tensor, Tensor> loss, Solved solved)
    {
        Tensor sum = zeros([], device: solved.Solution.State.device);
        for (int i = 0; i < _recipe.Correction?.States && i < solved.Way.Length; i++)
        {
            using var steps = new PhantomUnrolled(_recipe.Correction.Steps, damping: 1);
            Tensor state = steps.Attach(solved.Cell.Evaluate, TorchSolution.Given(solved.Way[i])).State;
            sum = sum + (loss(bound.Decode(state)) * _recipe.Correction.WeightAt(i + 1));
        }

        return sum;
    }

    /// <summary>Draws from a generator of its own: Torch's global one belongs to the whole process.</summary>
    private Tensor? Penalty(Solved solved, int epoch, long step)
    {
        var random = new SplitMix64(_recipe.Seed, stream: -1, item: (int)step);
        if (_recipe.JacobianRegularization is not { } jacobian || random.NextShare() >= jacobian.Probability || jacobian.WeightAt(epoch) == 0)
        {
            return null;
        }

        using var directions = new Generator(random.Next());
        Tensor at = jacobian.At == "trajectory" ? solved.Way[^1] : solved.Solution.State;
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

    private EpochSums Add(
        EpochSums sums, long rows, double loss, long right, TorchSolution? solution, BackwardReport backward, Tensor? penalty, double cosine) =>
        sums with
        {
            Images = sums.Images + rows,
            Loss = sums.Loss + (loss * rows),
            Right = sums.Right + right,
            Evaluations = sums.Evaluations + (rows * (solution?.Statistics.MeanEvaluations ?? _recipe.Training.PretrainSteps)),
            Residual = sums.Residual + (rows * (solution?.Statistics.MeanResidual ?? 0)),
            BackwardEvaluations = sums.BackwardEvaluations + (rows * backward.Evaluations),
            Penalties = sums.Penalties + (penalty is null ? 0 : 1),
            Penalty = sums.Penalty + (penalty?.item<float>() ?? 0),
            Comparisons = sums.Comparisons + (double.IsNaN(cosine) ? 0 : 1),
            Cosine = sums.Cosine + (double.IsNaN(cosine) ? 0 : cosine),
        };

    /// <summary>What the forward part of a step has found.</summary>
    /// <param name="Cell">f of the step.</param>
    /// <param name="Mask">Its variational dropout.</param>
    /// <param name="Solution">z*, or where pretraining starts.</param>
    /// <param name="Way">States on the way: those to correct, then that of the Jacobian penalty.</param>
    private sealed record Solved(StepCell Cell, Tensor? Mask, TorchSolution Solution, Tensor[] Way);
}

/// <summary>Training cannot go on; the last checkpoint stands.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened and what to try.</param>
    public TrainingDivergedException(string message)
        : base(message)
    {
    }
}
