using Deq.Export.Datasets;
using Deq.Export.Solving;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.FlowTraining;

/// <summary>What one step measured.</summary>
/// <param name="Loss">Penalties included.</param>
/// <param name="EndpointError">Of the last correction, pixels.</param>
/// <param name="ZeroError">Of zero flow on the same pairs, pixels.</param>
/// <param name="Evaluations">With and without gradient.</param>
/// <param name="Change">What the last evaluation still changed of the flow, mean, pixels.</param>
/// <param name="Start">Where it started: cold, carried, truth or random.</param>
public sealed record FlowStepReport(double Loss, double EndpointError, double ZeroError, int Evaluations, double Change, string Start);

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
/// <param name="device">Where training runs.</param>
public sealed class FlowTrainingStep(FlowRecipe recipe, FlowNetwork network, TrainingState state, Device device)
{
    // Far above the rounding of single precision, far below the cells over which the look-up bends.
    private const float Probe = 1e-2f;

    private readonly Dictionary<(FlowPhase Phase, int Frames), FlowBatches> _batches = [];

    // Where the steps themselves need no processor, they are short, and of uneven length.
    private int Ahead => device.type == TorchSharp.DeviceType.CPU ? 1 : 4;

    /// <summary>Makes a step. Meanwhile other threads draw the clips of the next one.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public FlowStepReport Make(int step)
    {
        using IDisposable scope = NewDisposeScope();
        (FlowSolveRecipe solve, int evaluations, string start, FlowBatches clips, SplitMix64 random) = Plan(step);
        FlowBatch batch = clips.Draw(recipe.Seed, step, Progress(step));
        for (int next = step + 1; next <= step + Ahead && next < recipe.Steps; next++)
        {
            Plan(next).Clips.Prepare(recipe.Seed, next, Progress(next));
        }

        int pair = batch.Flows.Count - 1;
        BoundFlowNetwork bound = network.Bind(state.Parameters.Compose(training: true));
        state.Optimizer.zero_grad();
        Tensor[] injection = bound.Encode(batch.Pair(pair));
        Tensor z = StartState(start, solve, bound, batch, ref random);
        (Tensor loss, Tensor last, Tensor before) = Correct(
            bound, solve, injection, z, batch.Flows[pair], evaluations, start == "carried" ? solve.CarriedChangePenalty : 0);
        (Tensor total, double change) = Penalise(bound, solve, injection, loss, last, before, evaluations, ref random);
        double value = total.item<float>();
        if (!double.IsFinite(value))
        {
            throw new TrainingDivergedException($"The loss is {value} at step {step}: lower the learning rate or the gradient clip.");
        }

        total.backward();
        nn.utils.clip_grad_norm_(state.Parameters.Trainable.Select(entry => entry.Value), recipe.Training.GradientClip);
        state.Optimizer.step();
        using IDisposable off = no_grad();
        return new FlowStepReport(
            value, Error(bound.Decode(last), batch.Flows[pair]), batch.Flows[pair].norm(1).mean().item<float>(), evaluations, change, start);
    }

    /// <summary>Mean length of the difference, pixels.</summary>
    internal static double Error(Tensor flow, Tensor truth) => (flow - truth).norm(1).mean().item<float>();

    private double Progress(int step) => step / (double)recipe.Training.Steps;

    private (FlowSolveRecipe Solve, int Evaluations, string Start, FlowBatches Clips, SplitMix64 Random) Plan(int step)
    {
        var random = new SplitMix64(recipe.Seed, stream: 2, item: step);
        FlowPhase phase = recipe.At(Progress(step));
        FlowSolveRecipe solve = phase.Solve;
        int evaluations = solve.Budget(ref random);
        string start = Start(solve, random.NextShare());
        int frames = start == "carried" ? 3 : 2;
        if (!_batches.TryGetValue((phase, frames), out FlowBatches? clips))
        {
            clips = new FlowBatches(phase.Motion with { Frames = frames }, phase.BatchSize, device);
            _batches.Add((phase, frames), clips);
        }

        return (solve, evaluations, start, clips, random);
    }

    private static string Start(FlowSolveRecipe solve, double share) =>
        share < solve.CarriedShare ? "carried"
            : share < solve.CarriedShare + solve.NoisyTruthShare ? "truth"
            : share < solve.CarriedShare + solve.NoisyTruthShare + solve.RandomShare ? "random"
            : "cold";

    private Tensor StartState(string start, FlowSolveRecipe solve, BoundFlowNetwork bound, FlowBatch batch, ref SplitMix64 random)
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
            case "carried":
                int budget = 1 + random.NextBelow(solve.MostEvaluations);
                Tensor previous = bound.Iterate(cold, [.. bound.Encode(batch.Pair(0)).Select(part => part.detach())], budget);
                bool stays = solve.UnmovedShare > 0 && random.NextShare() < solve.UnmovedShare;
                return stays ? previous : CarriedState.Forward(previous, solve.Fill) * (strength < solve.HalvedShare ? 0.5f : 1);
            case "truth":
                Tensor noisy = truth + (2 * strength * Draws.Normal(truth.shape, truth, generator));
                return cat([cold.narrow(1, 0, hidden), noisy], 1);
            case "random":
                Tensor h = (2 * strength * Draws.Uniform([rows, hidden, height, width], truth, generator)) - strength;
                return cat([h, 2 * strength * Draws.Normal(truth.shape, truth, generator)], 1);
            default:
                return cold;
        }
    }

    private (Tensor Loss, Tensor Last, Tensor Before) Correct(
        BoundFlowNetwork bound, FlowSolveRecipe solve, Tensor[] injection, Tensor z, Tensor truth, int evaluations, double changePenalty)
    {
        Tensor[] constant = [.. injection.Select(part => part.detach())];
        Tensor counts = (truth.norm(1, keepdim: true) < solve.MostFlow).to(ScalarType.Float32);
        Tensor loss = zeros([], device: device);
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

            Tensor error = ((bound.Decode(z) - truth).abs() * counts).mean();
            error = changePenalty > 0 ? error + (changePenalty * Change(z - before)) : error;
            loss = loss + (error * Math.Pow(solve.CorrectionDecay, solve.Corrections - 1 - part));
        }

        return (loss, z, before.detach());
    }

    /// <summary>Adds what keeps the last state at rest and the cell calm around it.</summary>
    private (Tensor Total, double Change) Penalise(
        BoundFlowNetwork bound, FlowSolveRecipe solve, Tensor[] injection, Tensor loss, Tensor last, Tensor before, int evaluations, ref SplitMix64 random)
    {
        Tensor step = last - before;
        double share = Math.Min(1, evaluations / (double)solve.RestFrom);
        Tensor total = loss + (solve.ChangePenalty * share * Change(step));
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

    /// <summary>How much a step of the state is: its flow's mean length in pixels, and the mean modulus of its h.</summary>
    private Tensor Change(Tensor step) => Moved(step) + step.narrow(1, 0, recipe.Architecture.Hidden).abs().mean();

    private Tensor Moved(Tensor step) => FlowStride * step.narrow(1, recipe.Architecture.Hidden, 2).norm(1).mean();

    /// <summary>How long a step is against the one before, the mean over h, flow and samples.</summary>
    private Tensor Contraction(Tensor next, Tensor step)
    {
        int hidden = recipe.Architecture.Hidden;
        Tensor ofFlow = Length(next.narrow(1, hidden, 2)) / Length(step.narrow(1, hidden, 2));
        Tensor ofHidden = Length(next.narrow(1, 0, hidden)) / Length(step.narrow(1, 0, hidden));
        return (ofFlow.mean() + ofHidden.mean()) / 2;

        // Mean over the cells; away from 0, where a length has no derivative.
        static Tensor Length(Tensor part) => (part.square().sum(1) + 1e-12).sqrt().mean([1, 2]);
    }

    private static int FlowStride => Architectures.FlowSizes.Stride;
}
