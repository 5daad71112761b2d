using Deq.Export.Datasets;
using Deq.Export.Gradients;
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
    private readonly RowGrant _grant;
    private BoundNetwork? _bound;

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
        IFixedPointMethod method = FixedPointMethods.Named(recipe.Solver.Method);
        _gradient = GradientCatalogue.Make(recipe.Gradient, method);
        _pretraining = new PhantomUnrolled(recipe.Training.PretrainSteps, damping: 1);
        _grant = RowGrant.Of(recipe.Solver.Tolerance, recipe.Solver.MaxEvaluations);
        _solver = new TorchSolver(
            recipe.Training.BatchSize,
            network.Graphs.StateWidth,
            method,
            (z, companions) => _bound!.Evaluate(z, companions[0]),
            device: device);
    }

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
        var random = new SplitMix64(_recipe.Seed, stream: -1, item: (int)step);
        int rows = (int)images.shape[0];
        bool pretrain = _recipe.Training.IsPretraining(epoch);
        _bound = _network.Bind(_state.Parameters.Compose(training: true));
        _state.Optimizer.zero_grad();
        Tensor x = _bound.Encode(images);
        Tensor start = zeros(rows, _network.Graphs.StateWidth, dtype: x.dtype, device: x.device);
        TorchSolution? solution = pretrain ? null : _solver.Solve(start, _grant, x);
        Tensor Cell(Tensor z) => _bound.Evaluate(z, x);
        GradientPass pass = (pretrain ? _pretraining : _gradient).Attach(Cell, solution?.State ?? start);
        Tensor logits = _bound.Decode(pass.State);
        Tensor loss = nn.functional.cross_entropy(logits, labels, label_smoothing: _recipe.Training.LabelSmoothing);
        Tensor? penalty = Penalty(Cell, solution, epoch, random);
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
        return Add(sums, rows, value, (logits.argmax(1) == labels).sum().item<long>(), solution, backward, penalty);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _gradient.Dispose();
    }

    /// <summary>Draws from a generator of its own: Torch's global one belongs to the whole process.</summary>
    private Tensor? Penalty(Func<Tensor, Tensor> cell, TorchSolution? solution, int epoch, SplitMix64 random)
    {
        if (solution is null || _recipe.JacobianRegularization is not { } jacobian
            || random.NextShare() >= jacobian.Probability || jacobian.WeightAt(epoch) == 0)
        {
            return null;
        }

        using var directions = new Generator(random.Next(), solution.State.device);
        return JacobianRegularizer.Penalty(cell, solution.State, jacobian.Samples, directions);
    }

    private EpochSums Add(EpochSums sums, int rows, double loss, long right, TorchSolution? solution, BackwardReport backward, Tensor? penalty) =>
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
        };
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
