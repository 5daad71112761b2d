using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Fronts.Rest;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Grpc.Core;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>The Open Inference Protocol over gRPC: the same requests and answers as over REST.</summary>
internal sealed class InferenceRpc(
    TensorModels models, InferCalls calls, StatisticsListener measured, RepositoryListing listing, OpenInferenceSettings settings,
    DecodingThreads threads, IHostApplicationLifetime lifetime, TimeProvider clock) : Wire.GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<Wire.ServerLiveResponse> ServerLive(Wire.ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new Wire.ServerLiveResponse { Live = true });

    public override Task<Wire.ServerReadyResponse> ServerReady(Wire.ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new Wire.ServerReadyResponse { Ready = models.AreReady && !lifetime.ApplicationStopping.IsCancellationRequested });

    public override Task<Wire.ModelReadyResponse> ModelReady(Wire.ModelReadyRequest request, ServerCallContext context) =>
        RpcProblems.Catch(context, () => new Wire.ModelReadyResponse { Ready = models.Find(request.Name, request.Version).Served.Engine.IsRunning });

    public override Task<Wire.ServerMetadataResponse> ServerMetadata(Wire.ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new Wire.ServerMetadataResponse { Name = settings.ServerName, Version = Home.Page.Version, Extensions = { OpenInferenceEndpoints.Extensions } });

    public override Task<Wire.ModelMetadataResponse> ModelMetadata(Wire.ModelMetadataRequest request, ServerCallContext context) =>
        RpcProblems.Catch(context, () => RpcMessages.Of(OpenInference.ModelMetadata.Of(models.Find(request.Name, request.Version))));

    public override Task<Wire.ModelStatisticsResponse> ModelStatistics(Wire.ModelStatisticsRequest request, ServerCallContext context) => RpcProblems.Catch(context, () =>
    {
        TensorModel[] asked = request.Name.Length == 0 ? [.. models.All] : [models.Find(request.Name, request.Version)];
        return new Wire.ModelStatisticsResponse
        {
            ModelStats = { asked.Select(model => RpcMessages.Of(ModelStatisticsEntry.Of(model, measured.Of(model.Served)))) },
        };
    });

    public override Task<Wire.RepositoryIndexResponse> RepositoryIndex(Wire.RepositoryIndexRequest request, ServerCallContext context) => RpcProblems.CatchAsync(context, async () =>
    {
        if (request.RepositoryName.Length > 0)
        {
            throw new ProblemException(ProblemKinds.InvalidParameter, $"repository_name: '{request.RepositoryName.Shorten()}' is not acceptable; this server has one repository, and it has no name.");
        }

        RepositoryEntry[] entries = await listing.ListAsync(request.Ready);
        return new Wire.RepositoryIndexResponse { Models = { entries.Select(RpcMessages.Of) } };
    });

    public override Task<Wire.ModelInferResponse> ModelInfer(Wire.ModelInferRequest request, ServerCallContext context) =>
        RpcProblems.CatchAsync(context, () => AnswerAsync(request, context));

    public override async Task ModelStreamInfer(
        IAsyncStreamReader<Wire.ModelInferRequest> requestStream, IServerStreamWriter<Wire.ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        try
        {
            await foreach (Wire.ModelInferRequest request in requestStream.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(await StreamedAsync(request, context), context.CancellationToken);
                await AnswerWriter.LeaveEngineThreadAsync();
            }
        }
        catch (Exception fault) when (fault is not RpcException && IsOver(context))
        {
            // Whatever went wrong, nobody is told, and the framework would log it as a fault of the server, with its stack.
            context.GetHttpContext().NoteClientGone();
            throw RpcProblems.Left();
        }
    }

    /// <summary>The answer to a request of a stream, which one with a fault does not end: the answer's id says which it was.</summary>
    private async Task<Wire.ModelStreamInferResponse> StreamedAsync(Wire.ModelInferRequest request, ServerCallContext context)
    {
        try
        {
            return new Wire.ModelStreamInferResponse { InferResponse = await AnswerAsync(request, context) };
        }
        catch (Exception fault) when (fault is not RpcException && !RpcProblems.HasLeft(context))
        {
            ProblemException problem = ProblemPipeline.ProblemOf(fault, context.GetHttpContext());

            // Without a key nothing that follows would be answered either.
            return problem.Kind == ProblemKinds.Unauthorized
                ? throw RpcProblems.StatusOf(problem, context.GetHttpContext())
                : new Wire.ModelStreamInferResponse { ErrorMessage = ProtocolErrors.TextOf(problem), InferResponse = new() { Id = request.Id, ModelName = request.ModelName } };
        }
    }

    /// <summary>Whether nobody reads what is answered: the framework ends a call at its deadline, and its token hears of that a little later.</summary>
    private bool IsOver(ServerCallContext context) => RpcProblems.HasLeft(context) || context.Deadline <= clock.GetUtcNow().UtcDateTime;

    private async Task<Wire.ModelInferResponse> AnswerAsync(Wire.ModelInferRequest request, ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        http.RequireAccess();
        (TensorModel model, ModelLease lease) = models.Rent(request.ModelName, request.ModelVersion);
        using ModelLease _ = lease;
        RequestRecord.Of(http).Concern(model.Name);
        ArrivingMessages messages = ArrivingMessages.Of(http);
        HeldBodies.Share share = messages.Share;
        share.Concern(model.Name);
        share.RequirePaid();
        share.Quota?.Received(messages.PlainBytes);
        InferRequest asked = share.Held <= DecodingThreads.MostInPlace ? Read() : await threads.RunAsync(share.Client, Read, context.CancellationToken);
        InferAnswer? answer = await calls.AnswerAsync(http, model, asked with { Allowed = Allowed(context, messages.Begun) }, share, messages.Begun);
        Wire.ModelInferResponse response = answer is null ? throw new OperationCanceledException(context.CancellationToken) : RpcMessages.Of(answer);
        share.AddAnswer(response.RawOutputContents.Sum(bytes => (long)bytes.Length));
        return response;

        InferRequest Read() => RpcRequest.Read(request, share.Add);
    }

    /// <summary>What the client's deadline allows a request from when it came; null without one.</summary>
    private TimeSpan? Allowed(ServerCallContext context, long begun) =>
        context.Deadline == DateTime.MaxValue ? null : context.Deadline - clock.GetUtcNow().UtcDateTime + clock.GetElapsedTime(begun);
}
