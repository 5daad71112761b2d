using System.IO.Compression;
using Deq.Api.Access;
using Deq.Api.Fronts.Rest;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Streams;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Serves the protocol over gRPC, on a separate address: HTTP/2 without TLS cannot share one with HTTP/1.1.</summary>
internal static class RpcServing
{
    private const string Address = "OpenInference:GrpcUrl";
    private const CompressionLevel Level = CompressionLevel.Fastest;

    public static void AddOpenInferenceRpc(this WebApplicationBuilder builder)
    {
        if (!string.IsNullOrEmpty(builder.Configuration[Address]))
        {
            builder.Services.AddGrpc();
            builder.Services.AddOptions<GrpcServiceOptions>().Configure<RequestLimits>((options, limits) =>
            {
                options.MaxReceiveMessageSize = limits.BodyBytes;
                options.CompressionProviders = [new DeferredCompression(new GzipCompressionProvider(Level)), new DeferredCompression(new DeflateCompressionProvider(Level))];
            });
            builder.Services.AddSingleton<InferenceRpc>().AddSingleton<MessageParsing>().AddSingleton<RpcMethods>();
            builder.Services.AddSingleton<IServiceMethodProvider<RpcMethods>>(services => services.GetRequiredService<RpcMethods>());
        }
    }

    public static void MapOpenInferenceRpc(this WebApplication app)
    {
        if (app.Services.GetRequiredService<OpenInferenceSettings>().GrpcUrl is null)
        {
            return;
        }

        // Messages are bounded one by one; a stream of them has no length.
        GrpcServiceEndpointConventionBuilder service = app.MapGrpcService<RpcMethods>().WithMetadata(new DisableRequestSizeLimitAttribute());
        service.Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } method)
            {
                endpoint.Metadata.Add(new RequiredRoles(RolesOf(method.Method.Name)));
                if (method.Method.Name is nameof(InferenceRpc.ModelInfer) or nameof(InferenceRpc.ModelStreamInfer) or nameof(InferenceRpc.RepositoryIndex))
                {
                    endpoint.CountClients();
                }

                endpoint.Metadata.Add(new ProblemAnswer(IsCall, RpcProblems.RefuseAsync));
                endpoint.RequestDelegate = Bounded(endpoint.RequestDelegate!, method.Method.Type != MethodType.Unary, app.Services);
            }
        });
    }

    /// <summary>Serves calls of a method whose messages keep the limits on bodies.</summary>
    private static RequestDelegate Bounded(RequestDelegate call, bool isStream, IServiceProvider services)
    {
        (HeldBodies bodies, RequestLimits limits, StreamLimits streams) =
            (services.GetRequiredService<HeldBodies>(), services.GetRequiredService<RequestLimits>(), services.GetRequiredService<StreamLimits>());
        TimeProvider clock = services.GetRequiredService<TimeProvider>();
        CancellationToken stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        return async http =>
        {
            if (!IsCall(http))
            {
                await http.WriteProblemAsync(ProblemKinds.UnsupportedMediaType, $"This is a method of gRPC, which takes {RpcProblems.ContentType} over HTTP/2.");
                return;
            }

            using var messages = new ArrivingMessages(http, isStream, bodies, limits, streams, clock, stopping);
            try
            {
                await CallAsync(http, call, messages);
                if (!isStream)
                {
                    // Who has the end may ask again at once, and holds nothing by then.
                    ClientLimit.Release(http);
                    await http.Response.CompleteAsync();
                }
                else if (stopping.IsCancellationRequested)
                {
                    await EndAsync(http, clock);
                }
            }
            finally
            {
                // A small answer is sent by the engine thread that found it; what is left of its call is not for that thread.
                await AnswerWriter.LeaveEngineThreadAsync();
            }
        };
    }

    private static async Task CallAsync(HttpContext http, RequestDelegate call, ArrivingMessages messages)
    {
        IRequestBodyPipeFeature? body = http.Features.Get<IRequestBodyPipeFeature>();
        http.Features.Set<IRequestBodyPipeFeature>(messages);
        try
        {
            await call(http);
            if (http.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > SentAnswer.PieceBytes } answer)
            {
                // A whole message waits there. It stays counted until all but what the web server buffers is sent.
                await answer.FlushAsync(http.RequestAborted);
            }
        }
        finally
        {
            // What comes after the call must not be counted to a share that nobody closes.
            http.Features.Set(body);
            messages.Dispose();
        }
    }

    /// <summary>
    /// Sends the end of a stream, and waits a little for its client to leave: the web server closes a connection with the last of its calls, and a client that hears of that first
    /// would not learn why.
    /// </summary>
    private static async Task EndAsync(HttpContext http, TimeProvider clock)
    {
        await http.Response.CompleteAsync();
        await Task.Delay(OpenConnections.Grace, clock, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool IsCall(HttpContext http) =>
        HttpProtocol.IsHttp2(http.Request.Protocol) && http.Request.ContentType?.StartsWith(RpcProblems.ContentType, StringComparison.OrdinalIgnoreCase) == true;

    private static Roles RolesOf(string method) => method switch
    {
        nameof(InferenceRpc.ServerLive) or nameof(InferenceRpc.ServerReady) => Roles.None,
        nameof(InferenceRpc.ModelInfer) or nameof(InferenceRpc.ModelStreamInfer) => Roles.Infer,
        nameof(InferenceRpc.ModelStatistics) => Roles.Observe,
        _ => Roles.Infer | Roles.Observe,
    };
}
