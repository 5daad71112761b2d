using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>What one step measured.</summary>
/// <param name="Loss">Of all corrections.</param>
/// <param name="EndpointError">Of the last correction, pixels.</param>
/// <param name="GuessError">Of the guess on the same pairs, pixels.</param>
/// <param name="Evaluations">With and without gradient.</param>
/// <param name="Change">What the last evaluation still changed of the flow, mean, pixels.</param>
public sealed record FlowStepReport(double Loss, double EndpointError, double GuessError, int Evaluations, double Change);

/// <summary>One optimizer step: draw a start and a budget, iterate, compare with the truth at several points, update.</summary>
/// <remarks>
/// Corrections differentiate the last evaluations alone, and through them the encoder; nothing else is stored. f is a contraction with one fixed point, so
/// no start needs training of its own: a share of steps starts from noise, which only makes them spend evaluations on what is far.
/// </remarks>
/// <param name="recipe">Everything a step is decided by.</param>
/// <param name="network">The graphs.</param>
/// <param name="state">The tensors; shared.</param>
/// <param name="photographs">Textures beside drawn ones; null for none.</param>
/// <param name="device">Where training runs.</param>
public sealed class FlowTrainingStep(FlowRecipe recipe, FlowNetwork network, TrainingState state, Photographs? photographs, Device device)
{
    private readonly Dictionary<FlowPhase, FlowBatches> _batches = [];

    // Where the steps themselves need no processor, they are short, and of uneven length.
    private int Ahead => device.type == TorchSharp.DeviceType.CPU ? 1 : 4;

    /// <summary>Makes a step. Meanwhile other threads draw the clips of the next one.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    public FlowStepReport Make(int step)
    {
        using IDisposable scope = NewDisposeScope();
        var random = new SplitMix64(recipe.Seed, stream: 2, item: step);
        FlowPhase phase = recipe.At(Progress(step));
        int evaluations = phase.Solve.Budget(ref random);
        FlowBatch batch = BatchesOf(phase).Draw(recipe.Seed, step, Progress(step));
        for (int next = step + 1; next <= step + Ahead && next < recipe.Steps; next++)
        {
            BatchesOf(recipe.At(Progress(next))).Prepare(recipe.Seed, next, Progress(next));
        }

        BoundFlowNetwork bound = network.Bind(state.Parameters.Compose(training: true));
        state.Optimizer.zero_grad();
        Tensor[] injection = bound.Encode(batch.Inputs[0]);
        Tensor start = batch.GuessOf(0);
        if (random.NextShare() < phase.Solve.RandomShare)
        {
            start += Solving.Draws.Normal(start.shape, start, new Generator(random.Next()));
        }

        (Tensor loss, Tensor last, double change) = Correct(bound, phase.Solve, injection, start, batch.Flows[0], evaluations);
        double value = loss.item<float>();
        if (!double.IsFinite(value))
        {
            throw new TrainingDivergedException($"The loss is {value} at step {step}: lower the learning rate or the gradient clip.");
        }

        loss.backward();
        nn.utils.clip_grad_norm_(state.Parameters.Trainable.Select(entry => entry.Value), recipe.Training.GradientClip);
        state.Optimizer.step();
        using IDisposable off = no_grad();
        return new FlowStepReport(
            value, Error(bound.Decode(last, injection), batch.Flows[0]), Error(batch.Inputs[0].narrow(1, 6, 2), batch.Flows[0]), evaluations, change);
    }

    /// <summary>Mean length of the difference, pixels.</summary>
    internal static double Error(Tensor flow, Tensor truth) => (flow - truth).norm(1).mean().item<float>();

    private double Progress(int step) => step / (double)recipe.Training.Steps;

    private FlowBatches BatchesOf(FlowPhase phase)
    {
        if (!_batches.TryGetValue(phase, out FlowBatches? clips))
        {
            clips = new FlowBatches(phase.Motion, phase.BatchSize, photographs, device);
            _batches.Add(phase, clips);
        }

        return clips;
    }

    private static (Tensor Loss, Tensor Last, double Change) Correct(
        BoundFlowNetwork bound, FlowSolveRecipe solve, Tensor[] injection, Tensor start, Tensor truth, int evaluations)
    {
        Tensor[] constant = [.. injection.Select(part => part.detach())];
        Tensor counts = (truth.norm(1, keepdim: true) < solve.MostFlow).to(ScalarType.Float32);
        Tensor loss = zeros([], device: truth.device);
        (Tensor z, Tensor before) = (start, start);
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
            loss += error * Math.Pow(solve.CorrectionDecay, solve.Corrections - 1 - part);
        }

        return (loss, z, FlowSizes.Stride * (z - before).norm(1).mean().item<float>());
    }

    /// <summary>A power of the error's length that counts what is far off for less than its length: it is out of reach, and would drown what is not.</summary>
    private static Tensor Robust(Tensor difference) => (difference.square().sum(1, keepdim: true) + 2.5e-3).pow(0.375);
}
