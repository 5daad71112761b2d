using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>From a request of the protocol to its answer, whatever carried it.</summary>
internal sealed class InferCalls(
    BudgetCatalogue budgets, RequestLimits limits, InferSequences sequences, DecodingThreads threads, StatisticsListener measured, TimeProvider clock)
{
    private readonly AnswerPath _path = new(clock);

    /// <summary>The answer; null when the client has left.</summary>
    /// <param name="http">Whose request it is.</param>
    /// <param name="model">The model.</param>
    /// <param name="asked">The request.</param>
    /// <param name="share">Accounts for memory.</param>
    /// <param name="begun">The clock's timestamp at which the request came.</param>
    /// <exception cref="ProblemException">The request does not fit the model, the engine has no room, or a solve has a fault.</exception>
    public async Task<InferAnswer?> AnswerAsync(HttpContext http, TensorModel model, InferRequest asked, HeldBodies.Share share, long begun)
    {
        try
        {
            InferAnswer? answer = await FindAsync(http, model, asked, share, begun);
            if (answer is not null)
            {
                measured.Of(model.Served).Ended(hasSucceeded: true, clock.GetUtcNow());
            }

            return answer;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            measured.Of(model.Served).Ended(hasSucceeded: false, clock.GetUtcNow());
            throw;
        }
    }

    private async Task<InferAnswer?> FindAsync(HttpContext http, TensorModel model, InferRequest asked, HeldBodies.Share share, long begun)
    {
        var solve = SolveRequest.Parse(InferParameters.SolveOf(asked, model.Task.Parameters), budgets.Of(model.Served), model.Task.Parameters, InferParameters.NameOf);
        IReadOnlyList<Tensor> inputs = asked.InputsAs(model.Inputs, limits.Images);
        share.Quota?.Decoded(inputs.Zip(model.Inputs, PixelsOf).Sum());
        var outputs = new InferOutputs(asked, model.Outputs);
        var call = new SolveCall
        {
            Model = model.Served,
            Grant = SolveGrant.Of(solve, model.Served.Manifest, limits).For(share).Within(asked.Allowed),
            Parts = [],
            RequiresConverged = solve.RequireConverged,
            Begun = begun,
        };
        if (InferParameters.SequenceOf(asked) is not { } sequence)
        {
            IReadOnlyList<SolvePart> parts = model.Task.Parts(model.Served, inputs);
            (int width, int length) = model.Served.Engine.WidthsAt(parts[0].Shape);
            float[][] states = outputs.WantsStates ? StatesOf(parts.Count, width, share) : [];
            call = call with
            {
                Parts = outputs.WantsStates ? [.. parts.Zip(states, (part, state) => part with { FinalState = state })] : parts,
                ContinuesOnEngineThread = !outputs.WantsStates && length * sizeof(float) <= DecodingThreads.MostInPlace,
            };
            return (await SolveAsync(http, model, asked.Id, outputs, call, states))?.Answer;
        }

        ISequencedTask task = SequencedTaskOf(model, inputs);
        return await sequences.AnswerAsync(sequence, model, call.Grant, async last =>
        {
            ISequencedSolve next = task.Next(model.Served, inputs, last);
            share.Add((long)next.State.Length * sizeof(float));
            return await SolveAsync(http, model, asked.Id, outputs, call with { Parts = [next.Part] }, [next.State]) is ({ } answer, { } solved)
                ? Settled(answer, next.Settle(solved.Start))
                : null;
        }, ClientConnection.GoneOf(http));
    }

    /// <summary>The answer, and how the first row was solved; null when the client has left.</summary>
    private async Task<(InferAnswer Answer, SolvedPart First)?> SolveAsync(
        HttpContext http, TensorModel model, string? id, InferOutputs outputs, SolveCall call, float[][] states)
    {
        if (await call.SolveAsync(http, _path, clock, ClientConnection.GoneOf(http)) is not { } solved)
        {
            return null;
        }

        SolveReport[] reports = [.. solved.Select(part => part.Report)];
        call.RequireConverged(reports);

        // Of one row its own bytes are sent; several are copied into one tensor.
        bool isWork = !call.ContinuesOnEngineThread && (solved.Length > 1 || outputs.Chooses);
        IReadOnlyList<InferOutput> made = isWork
            ? await AnswerWait.Of(http).RunAsync(threads, call.Grant.Client, clock, Outputs, ClientConnection.GoneOf(http))
            : Outputs();
        return (new InferAnswer
        {
            Model = model.Name,
            Version = model.Version,
            Id = id,
            Parameters = SolveFacts.Parameters(reports),
            Outputs = made,
        }, solved[0]);

        IReadOnlyList<InferOutput> Outputs() => outputs.Of(solved, states, model.Served.Manifest.Labels);
    }

    private static (InferAnswer Answer, SequencedOutcome Outcome) Settled(InferAnswer answer, SequencedOutcome outcome) => (
        outcome.ColdReason is { } reason ? answer with { Parameters = [.. answer.Parameters, KeyValuePair.Create<string, object>(InferParameters.NameOf("coldReason"), reason)] } : answer,
        outcome);

    private static ISequencedTask SequencedTaskOf(TensorModel model, IReadOnlyList<Tensor> inputs) =>
        model.Task is not ISequencedTask task ? throw new ProblemException(
            ProblemKinds.InvalidParameter, $"{InferParameters.SequenceId}: '{model.Name}' keeps nothing between requests, as models of the task {model.Served.Manifest.Task} do not.")
        : inputs[0].Shape[0] == 1 ? task
        : throw new ProblemException(ProblemKinds.InvalidParameter, $"{InferParameters.SequenceId}: a request of a sequence has one row, this one {inputs[0].Shape[0]}.");

    /// <summary>Pixels of a tensor whose size is free; 0 of one whose rows have a fixed size.</summary>
    private static long PixelsOf(Tensor given, TensorDeclaration declared)
    {
        long[] free = [.. given.Shape.Where((_, axis) => declared.Shape[axis] == TensorDeclaration.Any)];
        return free.Length > 1 ? free.Aggregate(1L, (pixels, extent) => pixels * extent) : 0;
    }

    private static float[][] StatesOf(int rows, int width, HeldBodies.Share share)
    {
        share.Add((long)rows * width * sizeof(float));
        return [.. Enumerable.Range(0, rows).Select(_ => new float[width])];
    }
}
