using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>What one step measured.</summary>
/// <param name="Loss">Penalties included.</param>
/// <param name="EndpointError">Of the last correction, pixels.</param>
/// <param name="GuessError">Of the guess on the same pairs, pixels.</param>
/// <param name="Evaluations">With and without gradient.</param>
/// <param name="Change">What the last evaluation still changed of the flow, mean, pixels.</param>
/// <param name="Start">Where it started: cold, carried, truth, random or continued.</param>
public sealed record FlowStepReport(double Loss, double EndpointError, double GuessError, int Evaluations, double Change, string Start);

/// <summary>One optimizer step: draw a start and a budget, iterate, correct at several points, ask for rest at the last, update.</summary>
/// <remarks>
/// Corrections differentiate the last evaluations alone, and through them the encoder; nothing else is stored. The Jacobian penalty is the mean of
/// ‖(f(z + εv) − f(z))/ε‖² over v of independent standard normals, which estimates ‖J‖²_F per entry of the state with first derivatives only.
/// The contraction penalty is ‖f(f(z)) − f(z)‖ / ‖f(z) − z‖, of h and of flow, with the lower norm and both states held fixed: late in a solve a step of
/// the power iteration for the slowest modes, however small they are.
/// </remarks>
/// <param name="recipe">Everything a step is decided by.</param>
/// <param name="network">The graphs.</param>
/// <param name="state">The tensors; shared.</param>
/// <param name="photographs">Textures beside drawn ones; null for none.</param>
/// <param name="device">Where training runs.</param>
public sealed class FlowTrainingStep(FlowRecipe recipe, FlowNetwork network, TrainingState state, Photographs? photographs, Device device) : IDisposable
{
    private const string Carried = "carried";
    private const string Continued = "continued";

    // Far above the rounding of single precision, far below the cells over which the look-up bends.
    private const float Probe = 1e-2f;

    private readonly Dictionary<(FlowPhase Phase, int Frames), FlowBatches> _batches = [];
    private Ending? _ending;

    // Where the steps themselves need no processor, they are short, and of uneven length.
    private int Ahead => device.type == TorchSharp.DeviceType.CPU ? 1 : 4;

    /// <summary>Makes a step. Meanwhile other threads draw the clips of the next one.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public FlowStepReport Make(int step)
    {
        using IDisposable scope = NewDisposeScope();
        (FlowPhase phase, int evaluations, bool goesOn, string start, FlowBatches clips, SplitMix64 random) = Plan(step);
        FlowSolveRecipe solve = phase.Solve;
        Ending? before = goesOn && _ending?.Phase == phase ? _ending : null;
        FlowBatch batch = before?.Batch ?? clips.Draw(recipe.Seed, step, Progress(step));
        Prepare(step);

        int pair = batch.Flows.Count - 1;
        BoundFlowNetwork bound = network.Bind(state.Parameters.Compose(training: true));
        state.Optimizer.zero_grad();
        Tensor[] injection = bound.Encode(batch.Inputs[pair]);
        Beginning from = before is null
            ? Begin(start, solve, bound, batch, ref random)
            : new Beginning(Continued, before.State, Made: before.Evaluations);
        Course course = Correct(bound, solve, injection, from, batch.Flows[pair], evaluations);
        (Tensor total, double change) = Penalise(bound, solve, injection, from, course, evaluations, ref random);
        double value = total.item<float>();
        if (!double.IsFinite(value))
        {
            throw new TrainingDivergedException($"The loss is {value} at step {step}: lower the learning rate or the gradient clip.");
        }

        total.backward();
        nn.utils.clip_grad_norm_(state.Parameters.Trainable.Select(entry => entry.Value), recipe.Training.GradientClip);
        state.Optimizer.step();
        using IDisposable off = no_grad();
        var report = new FlowStepReport(
            value, Error(bound.Decode(course.Last, injection), batch.Flows[pair]), Error(batch.Inputs[pair].narrow(1, 6, 2), batch.Flows[pair]), evaluations, change, from.Start);
        Hold(phase, batch, course.Last, evaluations + from.Made);
        return report;
    }

    /// <inheritdoc/>
    public void Dispose() => _ending?.Dispose();

    /// <summary>Mean length of the difference, pixels.</summary>
    internal static double Error(Tensor flow, Tensor truth) => (flow - truth).norm(1).mean().item<float>();

    private double Progress(int step) => step / (double)recipe.Training.Steps;

    private (FlowPhase Phase, int Evaluations, bool GoesOn, string Start, FlowBatches Clips, SplitMix64 Random) Plan(int step)
    {
        var random = new SplitMix64(recipe.Seed, stream: 2, item: step);
        FlowPhase phase = recipe.At(Progress(step));
        FlowSolveRecipe solve = phase.Solve;
        int evaluations = solve.Budget(ref random);
        bool goesOn = solve.ContinuedShare > 0 && random.NextShare() < solve.ContinuedShare;
        string start = Start(solve, random.NextShare());
        int frames = start == Carried ? 3 : 2;
        if (!_batches.TryGetValue((phase, frames), out FlowBatches? clips))
        {
            clips = new FlowBatches(phase.Motion with { Frames = frames }, phase.BatchSize, photographs, device);
            _batches.Add((phase, frames), clips);
        }

        return (phase, evaluations, goesOn, start, clips, random);
    }

    /// <summary>Begins to draw the clips of the steps after this one, but for those that go on with what they follow.</summary>
    private void Prepare(int step)
    {
        for (int next = step + 1; next <= step + Ahead && next < recipe.Steps; next++)
        {
            (_, _, bool goesOn, _, FlowBatches clips, _) = Plan(next);
            if (!goesOn)
            {
                clips.Prepare(recipe.Seed, next, Progress(next));
            }
        }
    }

    /// <summary>Keeps what the next step may go on from.</summary>
    private void Hold(FlowPhase phase, FlowBatch batch, Tensor last, int evaluations)
    {
        if (phase.Solve.ContinuedShare == 0)
        {
            return;
        }

        foreach (Tensor tensor in batch.Tensors)
        {
            tensor.DetachFromDisposeScope();
        }

        Tensor end = last.detach().DetachFromDisposeScope();
        if (ReferenceEquals(_ending?.Batch, batch))
        {
            _ending!.State.Dispose();
        }
        else
        {
            _ending?.Dispose();
        }

        _ending = new Ending(phase, batch, end, evaluations);
    }

    private static string Start(FlowSolveRecipe solve, double share) =>
        share < solve.CarriedShare ? Carried
            : share < solve.CarriedShare + solve.NoisyTruthShare ? "truth"
            : share < solve.CarriedShare + solve.NoisyTruthShare + solve.RandomShare ? "random"
            : "cold";

    private Beginning Begin(string start, FlowSolveRecipe solve, BoundFlowNetwork bound, FlowBatch batch, ref SplitMix64 random)
    {
        using IDisposable off = no_grad();
        Tensor truth = nn.functional.avg_pool2d(batch.Flows[^1], FlowStride) / FlowStride;
        (long rows, long height, long width) = (truth.shape[0], truth.shape[2], truth.shape[3]);
        int hidden = recipe.Architecture.Hidden;
        Tensor cold = zeros(rows, hidden + 2, height, width, device: device);
        using var generator = new Generator(random.Next());
        float strength = (float)random.NextShare();
        switch (start)
        {
            case Carried:
                int budget = solve.CarriedBudget(ref random);
                Tensor previous = bound.Iterate(cold, [.. bound.Encode(batch.Inputs[0]).Select(part => part.detach())], budget);
                bool stays = solve.UnmovedShare > 0 && random.NextShare() < solve.UnmovedShare;
                Tensor moved = stays ? previous : CarriedState.Forward(previous, solve.Fill) * (strength < solve.HalvedShare ? 0.5f : 1);
                return new Beginning(start, moved, Carried: budget, IsMoved: !stays);
            case "truth":
                Tensor noisy = truth + (2 * strength * Draws.Normal(truth.shape, truth, generator));
                return new Beginning(start, cat([cold.narrow(1, 0, hidden), noisy], 1));
            case "random":
                Tensor h = (2 * strength * Draws.Uniform([rows, hidden, height, width], truth, generator)) - strength;
                return new Beginning(start, cat([h, 2 * strength * Draws.Normal(truth.shape, truth, generator)], 1));
            default:
                return new Beginning(start, cold);
        }
    }

    private Course Correct(BoundFlowNetwork bound, FlowSolveRecipe solve, Tensor[] injection, Beginning from, Tensor truth, int evaluations)
    {
        Tensor[] constant = [.. injection.Select(part => part.detach())];
        Tensor counts = (truth.norm(1, keepdim: true) < solve.MostFlow).to(ScalarType.Float32);
        double changePenalty = from.Start is Carried or Continued ? solve.CarriedChangePenalty : 0;
        Tensor loss = zeros([], device: device);
        Tensor z = from.State;
        Tensor before = z;
        for (int part = 0; part < solve.Corrections; part++)
        {
            // Parts differ by at most one evaluation; the later ones are the longer.
            int length = (evaluations * (part + 1) / solve.Corrections) - (evaluations * part / solve.Corrections);
            z = bound.Iterate(z, constant, length - solve.GradientSteps);
            for (int i = 0; i < solve.GradientSteps; i++)
            {
                before = z;
                z = bound.Evaluate(z, injection);
            }

            Tensor error = (Robust(bound.Decode(z, injection) - truth) * counts).mean();
            error = changePenalty > 0 ? error + (changePenalty * Change(z - before)) : error;
            loss = loss + (error * Math.Pow(solve.CorrectionDecay, solve.Corrections - 1 - part));
        }

        return new Course(loss, z, before.detach());
    }

    /// <summary>Adds what keeps the last state at rest and near a carried start, and the cell calm around it.</summary>
    private (Tensor Total, double Change) Penalise(
        BoundFlowNetwork bound, FlowSolveRecipe solve, Tensor[] injection, Beginning from, Course course, int evaluations, ref SplitMix64 random)
    {
        (Tensor total, Tensor last, Tensor before) = course;
        Tensor step = last - before;
        double share = Rested(solve, evaluations + from.Made);
        total = total + (solve.ChangePenalty * share * Change(step));
        if (from.IsMoved && solve.ArrivalPenalty > 0)
        {
            Tensor arrival = Length(Hidden(last - from.State)) / Length(Hidden(last.detach()));
            total = total + (solve.ArrivalPenalty * share * Rested(solve, from.Carried) * arrival.mean());
        }

        bool isProbed = random.NextShare() < solve.JacobianShare && solve.JacobianPenalty > 0;
        if (!isProbed && solve.ContractionPenalty == 0)
        {
            return (total, Moved(step).item<float>());
        }

        // The last evaluation with its gradient alone, whatever came before it.
        Tensor resting = solve.GradientSteps == 1 ? last : bound.Evaluate(before, injection);
        if (solve.ContractionPenalty > 0)
        {
            Tensor next = bound.Evaluate(last.detach(), injection) - resting;
            total = total + (solve.ContractionPenalty * share * Contraction(next, step.detach()));
        }

        if (isProbed)
        {
            using var generator = new Generator(random.Next());
            Tensor direction = Draws.Normal(before.shape, before, generator);
            Tensor probed = bound.Evaluate(before + (Probe * direction), injection);
            total = total + (solve.JacobianPenalty * ((probed - resting) / Probe).square().mean());
        }

        return (total, Moved(step).item<float>());
    }

    /// <summary>A power of the error's length that counts what is far off for less than its length: it is out of reach, and would drown what is not.</summary>
    private static Tensor Robust(Tensor difference) => (difference.square().sum(1, keepdim: true) + 2.5e-3).pow(0.375);

    private static double Rested(FlowSolveRecipe solve, int evaluations) => Math.Min(1, evaluations / (double)solve.RestFrom);

    /// <summary>How much a step of the state is: its flow's mean length in pixels, and the mean modulus of its h.</summary>
    private Tensor Change(Tensor step) => Moved(step) + Hidden(step).abs().mean();

    private Tensor Hidden(Tensor z) => z.narrow(1, 0, recipe.Architecture.Hidden);

    private Tensor Moved(Tensor step) => FlowStride * step.narrow(1, recipe.Architecture.Hidden, 2).norm(1).mean();

    /// <summary>How long a step is against the one before, the mean over h, flow and samples.</summary>
    private Tensor Contraction(Tensor next, Tensor step)
    {
        int hidden = recipe.Architecture.Hidden;
        Tensor ofFlow = Length(next.narrow(1, hidden, 2)) / Length(step.narrow(1, hidden, 2));
        Tensor ofHidden = Length(Hidden(next)) / Length(Hidden(step));
        return (ofFlow.mean() + ofHidden.mean()) / 2;
    }

    /// <summary>Per sample, the mean over the cells of the length of a part of the state; away from 0, where a length has no derivative.</summary>
    private static Tensor Length(Tensor part) => (part.square().sum(1) + 1e-12).sqrt().mean([1, 2]);

    private static int FlowStride => FlowSizes.Stride;

    /// <summary>Where a step begins.</summary>
    /// <param name="Start">How: cold, carried, truth, random or continued.</param>
    /// <param name="State">z.</param>
    /// <param name="Made">Evaluations that were made for the same pairs before.</param>
    /// <param name="Carried">Evaluations that were made of a carried state, for its own pairs.</param>
    /// <param name="IsMoved">Whether that was carried along the motion.</param>
    private sealed record Beginning(string Start, Tensor State, int Made = 0, int Carried = 0, bool IsMoved = false);

    /// <summary>What the corrections cost, the last state, and the one before it.</summary>
    private sealed record Course(Tensor Loss, Tensor Last, Tensor Before);

    /// <summary>What the next step can go on from, in no dispose scope.</summary>
    private sealed record Ending(FlowPhase Phase, FlowBatch Batch, Tensor State, int Evaluations) : IDisposable
    {
        public void Dispose()
        {
            State.Dispose();
            foreach (Tensor tensor in Batch.Tensors)
            {
                tensor.Dispose();
            }
        }
    }
}
