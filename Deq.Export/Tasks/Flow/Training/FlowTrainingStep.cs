using Deq.Export.RandomNumbers;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>The objective of a step: draw a start and a budget, iterate, correct at several points, ask for rest at the last.</summary>
/// <remarks>
/// Corrections differentiate the last evaluations alone, and through them the encoder; nothing else is stored. Plain iteration, not the solver: see
/// docs/decisions/0017.
/// </remarks>
/// <param name="recipe">Everything that decides a step.</param>
/// <param name="network">The graphs.</param>
/// <param name="state">The tensors; shared.</param>
/// <param name="device">Where training runs.</param>
internal sealed class FlowTrainingStep(FlowRecipe recipe, EquilibriumNetwork network, TrainingState state, Device device) : IDisposable
{
    private readonly Dictionary<(FlowPhase Phase, int Frames), FlowBatches> _batches = [];
    private readonly FlowPenalties _penalties = new(recipe.Architecture.Hidden);
    private FlowEnd? _end;

    // Where the steps themselves need no processor, they are short, and of uneven length.
    private int Ahead => device.type == TorchSharp.DeviceType.CPU ? 1 : 4;

    /// <summary>Computes the objective of a step. Meanwhile other threads draw the clips of the next one.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    public FlowStep Make(int step)
    {
        FlowStepPlan plan = Plan(step);
        FlowSolveRecipe solve = plan.Phase.Solve;
        FlowEnd? before = plan.IsContinued && _end?.Phase == plan.Phase ? _end : null;
        FlowBatch batch = before?.Batch ?? plan.Clips.Draw(recipe.Seed, step, Progress(step));
        int drawnAt = before?.DrawnAt ?? step;
        Prepare(step);

        int pair = batch.Flows.Count - 1;
        SplitMix64 random = plan.Random;
        BoundNetwork bound = network.Bind(state.Parameters.Compose(training: true));
        Tensor[] x = bound.Encode(batch.Pair(pair));
        FlowStartState from = before is null
            ? new FlowStartDraws(recipe.Architecture.Hidden, solve).Draw(plan.Start, bound, batch, ref random)
            : new FlowStartState(FlowStartKind.Continued, before.State, Made: before.Evaluations);
        FlowCorrected corrected = Correct(bound, solve, x, from, batch.Flows[pair], plan.Evaluations);
        (Tensor total, double change) = _penalties.Add(bound, solve, x, from, corrected, plan.Evaluations, ref random);
        return new FlowStep(from.Kind, plan.Evaluations, new StepObjective
        {
            Loss = total,
            Measure = () =>
            {
                using IDisposable off = no_grad();
                Measured[] measured =
                [
                    new("training_epe", Error(bound.Decode(corrected.Last), batch.Flows[pair]), 1),
                    new("training_zero_epe", batch.Flows[pair].norm(1).mean().item<float>(), 1),
                    new("evaluations", plan.Evaluations, 1),
                    new("change", change, 1),
                ];
                Keep(plan.Phase, batch, drawnAt, corrected.Last, plan.Evaluations + from.Made);
                return measured;
            },
        });
    }

    /// <summary>What the next step may continue from, as tensors for a checkpoint; its clips are drawn again.</summary>
    public IReadOnlyDictionary<string, Tensor> Carried => _end is not { } end
        ? new Dictionary<string, Tensor>()
        : new Dictionary<string, Tensor> { ["state"] = end.State, ["evaluations"] = tensor((long)end.Evaluations), ["drawn-at"] = tensor((long)end.DrawnAt) };

    /// <summary>Takes <see cref="Carried"/> of a checkpoint.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> carried)
    {
        if (!carried.TryGetValue("state", out Tensor? kept))
        {
            return;
        }

        (int evaluations, int drawnAt) = ((int)carried["evaluations"].item<long>(), (int)carried["drawn-at"].item<long>());
        FlowStepPlan plan = Plan(drawnAt);
        using IDisposable off = no_grad();
        Keep(plan.Phase, plan.Clips.Draw(recipe.Seed, drawnAt, Progress(drawnAt)), drawnAt, kept.to(device), evaluations);
    }

    /// <inheritdoc/>
    public void Dispose() => _end?.Dispose();

    /// <summary>Mean length of the difference, pixels.</summary>
    internal static double Error(Tensor flow, Tensor truth) => (flow - truth).norm(1).mean().item<float>();

    private double Progress(int step) => step / (double)recipe.Training.Steps;

    private FlowStepPlan Plan(int step)
    {
        var random = new SplitMix64(recipe.Seed, stream: 2, item: step);
        FlowPhase phase = recipe.At(Progress(step));
        FlowSolveRecipe solve = phase.Solve;
        int evaluations = solve.Budget(ref random);
        bool isContinued = solve.ContinuedShare > 0 && random.NextShare() < solve.ContinuedShare;
        FlowStartKind start = solve.StartAt(random.NextShare());
        int frames = start == FlowStartKind.Carried ? 3 : 2;
        if (!_batches.TryGetValue((phase, frames), out FlowBatches? clips))
        {
            clips = new FlowBatches(phase.Motion with { Frames = frames }, phase.BatchSize, device);
            _batches.Add((phase, frames), clips);
        }

        return new FlowStepPlan(phase, evaluations, isContinued, start, clips, random);
    }

    /// <summary>Begins to draw the clips of the steps after this one, but for those that continue from what they follow.</summary>
    private void Prepare(int step)
    {
        for (int next = step + 1; next <= step + Ahead && next < recipe.Steps; next++)
        {
            FlowStepPlan plan = Plan(next);
            if (!plan.IsContinued)
            {
                plan.Clips.Prepare(recipe.Seed, next, Progress(next));
            }
        }
    }

    /// <summary>Keeps what the next step may continue from.</summary>
    private void Keep(FlowPhase phase, FlowBatch batch, int drawnAt, Tensor last, int evaluations)
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
        if (ReferenceEquals(_end?.Batch, batch))
        {
            _end!.State.Dispose();
        }
        else
        {
            _end?.Dispose();
        }

        _end = new FlowEnd(phase, batch, drawnAt, end, evaluations);
    }

    /// <summary>The weighted losses at several points of the iteration.</summary>
    private FlowCorrected Correct(BoundNetwork bound, FlowSolveRecipe solve, Tensor[] x, FlowStartState from, Tensor truth, int evaluations)
    {
        Tensor[] constant = [.. x.Select(part => part.detach())];
        Tensor counts = (truth.norm(1, keepdim: true) < solve.MostFlow).to(ScalarType.Float32);
        double changePenalty = from.Kind is FlowStartKind.Carried or FlowStartKind.Continued ? solve.CarriedChangePenalty : 0;
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
                z = bound.Evaluate(z, x);
            }

            Tensor error = ((bound.Decode(z) - truth).abs() * counts).mean();
            error = changePenalty > 0 ? error + (changePenalty * _penalties.Change(z - before)) : error;
            loss = loss + (error * Math.Pow(solve.CorrectionDecay, solve.Corrections - 1 - part));
        }

        return new FlowCorrected(loss, z, before.detach());
    }

    /// <summary>What is decided about a step before it is made.</summary>
    private sealed record FlowStepPlan(
        FlowPhase Phase, int Evaluations, bool IsContinued, FlowStartKind Start, FlowBatches Clips, SplitMix64 Random);

    /// <summary>What the next step can continue from, in no dispose scope.</summary>
    private sealed record FlowEnd(FlowPhase Phase, FlowBatch Batch, int DrawnAt, Tensor State, int Evaluations) : IDisposable
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

/// <summary>A step of flow training before its backward pass.</summary>
/// <param name="Start">Where it started.</param>
/// <param name="Evaluations">With and without gradient.</param>
/// <param name="Objective">What it minimizes.</param>
internal sealed record FlowStep(FlowStartKind Start, int Evaluations, StepObjective Objective);

/// <summary>What the corrections cost, the last state, and the one before it.</summary>
internal sealed record FlowCorrected(Tensor Loss, Tensor Last, Tensor Before);
