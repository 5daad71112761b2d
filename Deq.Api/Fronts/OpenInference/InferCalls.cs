using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>From a request of the protocol to its answer, whatever carried it.</summary>
internal sealed class InferCalls(BudgetCatalogue budgets, RequestLimits limits, TimeProvider clock)
{
    /// <summary>Bytes of outputs that may be written on an engine thread; larger answers are left to the thread pool.</summary>
    public const int MostOnEngineThread = 16 << 10;

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
        var solve = SolveRequest.Parse(InferParameters.SolveOf(asked, model.Task.Parameters), budgets.Of(model.Served), model.Task.Parameters);
        IReadOnlyList<Tensor> inputs = asked.InputsAs(model.Inputs, limits.Images);
        var outputs = new InferOutputs(asked, model.Outputs);
        IReadOnlyList<SolvePart> parts = model.Task.Parts(model.Served, inputs);
        (int width, int length) = model.Served.Engine.WidthsAt(parts[0].Shape);
        float[][] states = outputs.WantsStates ? StatesOf(parts.Count, width, share) : [];
        var call = new SolveCall
        {
            Model = model.Served,
            Grant = SolveGrant.Of(solve, model.Served.Manifest, limits).For(share),
            Parts = outputs.WantsStates ? [.. parts.Zip(states, (part, state) => part with { FinalState = state })] : parts,
            RequiresConverged = solve.RequireConverged,
            Begun = begun,
            ContinuesOnEngineThread = !outputs.WantsStates && length * sizeof(float) <= MostOnEngineThread,
        };
        if (await call.SolveAsync(http, _path, clock, ClientConnection.GoneOf(http)) is not { } solved)
        {
            return null;
        }

        SolveReport[] reports = [.. solved.Select(part => part.Report)];
        call.RequireConverged(reports);
        return new InferAnswer
        {
            Model = model.Name,
            Version = model.Version,
            Id = asked.Id,
            Parameters = SolveFacts.Parameters(reports),
            Outputs = outputs.Of(solved, states, model.Served.Manifest.Labels),
        };
    }

    private static float[][] StatesOf(int rows, int width, HeldBodies.Share share)
    {
        share.Add((long)rows * width * sizeof(float));
        return [.. Enumerable.Range(0, rows).Select(_ => new float[width])];
    }
}
