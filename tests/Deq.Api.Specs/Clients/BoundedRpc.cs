using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Deq.Api.Specs.Clients;

/// <summary>Makes clients of gRPC whose calls end after two minutes. Their token is cancelled then: of a deadline the server would hear, and grant by it.</summary>
internal sealed class BoundedRpc : Interceptor
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>A client on a channel.</summary>
    public static GRPCInferenceService.GRPCInferenceServiceClient On(GrpcChannel channel) => new(channel.Intercept(new BoundedRpc()));

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Bounded(context));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Bounded(context));

    private static ClientInterceptorContext<TRequest, TResponse> Bounded<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        // Not disposed here: it must outlive the call, and a stream may be read long after it was opened.
        var end = CancellationTokenSource.CreateLinkedTokenSource(context.Options.CancellationToken);
        end.CancelAfter(s_patience);
        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithCancellationToken(end.Token));
    }
}
