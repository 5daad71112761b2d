using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>
/// The methods of <see cref="InferenceRpc"/>. The framework is given messages as they came, and <see cref="MessageParsing"/> reads them: it would itself do so on the thread that received
/// them, and take one that cannot be read for a fault of the server, and log its stack.
/// </summary>
internal sealed class RpcMethods(InferenceRpc rpc, MessageParsing parsing) : IServiceMethodProvider<RpcMethods>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<RpcMethods> context) => Wire.GRPCInferenceService.BindService(new Binder(context, parsing), rpc);

    private sealed class Binder(ServiceMethodProviderContext<RpcMethods> context, MessageParsing parsing) : ServiceBinderBase
    {
        private static readonly Marshaller<UnreadMessage> s_unread =
            new((_, _) => throw new NotSupportedException("Requests are only read."), bytes => new UnreadMessage(bytes.PayloadAsNewBuffer()));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        {
            MessageDescriptor type = TypeOf(method);
            context.AddUnaryMethod(Of(method), [], async (_, message, call) => await handler!(await parsing.ParseAsync<TRequest>(message, type, call), call));
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        {
            MessageDescriptor type = TypeOf(method);
            context.AddDuplexStreamingMethod(Of(method), [], (_, messages, responses, call) =>
                handler!(new ParsedStream<TRequest>(messages, message => parsing.ParseAsync<TRequest>(message, type, call)), responses, call));
        }

        private static MessageDescriptor TypeOf(IMethod method) => Wire.GRPCInferenceService.Descriptor.FindMethodByName(method.Name).InputType;

        private static Method<UnreadMessage, TResponse> Of<TRequest, TResponse>(Method<TRequest, TResponse> method) =>
            new(method.Type, method.ServiceName, method.Name, s_unread, method.ResponseMarshaller);
    }

    /// <summary>Requests of a stream, each parsed once it is asked for.</summary>
    private sealed class ParsedStream<T>(IAsyncStreamReader<UnreadMessage> messages, Func<UnreadMessage, Task<T>> parse) : IAsyncStreamReader<T>
        where T : class
    {
        public T Current { get; private set; } = null!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            Current = null!;
            if (!await messages.MoveNext(cancellationToken))
            {
                return false;
            }

            Current = await parse(messages.Current);
            return true;
        }
    }
}
