using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Torch;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>The objective of a step: draw a start and a budget, iterate, compare with the truth at several points.</summary>
/// <remarks>
/// Corrections differentiate the last evaluations alone, and through them the encoder; nothing else is stored. f is a contraction with one fixed point, so
/// no start needs extra training: a share of steps starts from noise, which only makes them spend evaluations on what is far.
/// </remarks>
/// <param name="recipe">Everything a step is decided by.</param>
/// <param name="network">The graphs.</param>
/// <param name="state">The tensors; shared.</param>
/// <param name="photographs">Textures beside drawn ones; null for none.</param>
/// <param name="device">Where training runs.</param>
internal sealed class FlowTrainingStep(FlowRecipe recipe, EquilibriumNetwork network, TrainingState state, Photographs? photographs, Device device)
{
    private readonly Dictionary<FlowPhase, FlowBatches> _batches = [];

    // Where the steps themselves need no processor, they are short, and of uneven length.
    private int Ahead => device.type == TorchSharp.DeviceType.CPU ? 1 : 4;

    /// <summary>Computes the objective of a step. Meanwhile other threads draw the clips of the next one.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    public FlowStep Make(int step)
    {
        var random = new SplitMix64(recipe.Seed, stream: 2, item: step);
        FlowPhase phase = recipe.At(Progress(step));
        int evaluations = phase.Solve.Budget(ref random);
        FlowBatch batch = BatchesOf(phase).Draw(recipe.Seed, step, Progress(step));
        Prepare(step);
        BoundNetwork bound = network.Bind(state.Parameters.Compose(training: true));
        Tensor[] x = bound.Encode(batch.Inputs[0]);
        (Tensor loss, Tensor last, double change) = Correct(bound, phase.Solve, x, StartOf(phase.Solve, batch, ref random), batch.Flows[0], evaluations);
        return new FlowStep(evaluations, new StepObjective
        {
            Loss = loss,
            Measure = () =>
            {
                using IDisposable off = no_grad();
                return
                [
                    new("training_epe", Error(bound.Decode(last, x), batch.Flows[0]), 1),
                    new("training_guess_epe", Error(batch.Inputs[0].narrow(1, 6, 2), batch.Flows[0]), 1),
                    new("evaluations", evaluations, 1),
                    new("change", change, 1),
                ];
            },
        });
    }

    /// <summary>Mean length of the difference, pixels.</summary>
    internal static double Error(Tensor flow, Tensor truth) => (flow - truth).norm(1).mean().item<float>();

    /// <summary>The guess, or a share of the steps the guess with noise.</summary>
    private static Tensor StartOf(FlowSolveRecipe solve, FlowBatch batch, ref SplitMix64 random)
    {
        Tensor guess = batch.GuessOf(0);
        if (random.NextShare() >= solve.RandomShare)
        {
            return guess;
        }

        using var generator = new Generator(random.Next());
        return guess.Plus(Solving.Draws.Normal(guess.shape, guess, generator));
    }

    private void Prepare(int step)
    {
        for (int next = step + 1; next <= step + Ahead && next < recipe.Training.Steps; next++)
        {
            BatchesOf(recipe.At(Progress(next))).Prepare(recipe.Seed, next, Progress(next));
        }
    }

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
        BoundNetwork bound, FlowSolveRecipe solve, Tensor[] injection, Tensor start, Tensor truth, int evaluations)
    {
        Tensor[] constant = [.. injection.Select(part => part.detach())];
        Tensor counts = truth.norm(1, keepdim: true).lt(HeldScalar.Of(solve.MostFlow)).to(ScalarType.Float32);
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
            loss = loss.Plus(error.Times(Math.Pow(solve.CorrectionDecay, solve.Corrections - 1 - part)));
        }

        return (loss, z, FlowSizes.Stride * (z - before).norm(1).mean().item<float>());
    }

    /// <summary>A power of the error's length that counts what is far off for less than its length: it is out of reach, and would drown what is not.</summary>
    private static Tensor Robust(Tensor difference) => difference.Squared().sum(1, keepdim: true).Plus(2.5e-3).pow(HeldScalar.Of(0.375));
}

/// <summary>A step, not yet taken.</summary>
/// <param name="Evaluations">With and without gradient.</param>
/// <param name="Objective">What it minimises.</param>
internal sealed record FlowStep(int Evaluations, StepObjective Objective);
