using Deq.Api.Problems;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>
/// The methods of <see cref="InferenceRpc"/>. A message that cannot be read, or lists too much, is its client's fault; the framework would take it for one of the server, and log its stack.
/// </summary>
internal sealed class RpcMethods(InferenceRpc rpc) : IServiceMethodProvider<RpcMethods>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<RpcMethods> context) => Wire.GRPCInferenceService.BindService(new Binder(context), rpc);

    private sealed class Binder(ServiceMethodProviderContext<RpcMethods> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(Of(method), [], (_, request, call) => handler!(request, call));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(Of(method), [], (_, requests, responses, call) => handler!(requests, responses, call));

        private static Method<TRequest, TResponse> Of<TRequest, TResponse>(Method<TRequest, TResponse> method)
        {
            MessageDescriptor type = Wire.GRPCInferenceService.Descriptor.FindMethodByName(method.Name).InputType;
            return new(
                method.Type, method.ServiceName, method.Name,
                new Marshaller<TRequest>(method.RequestMarshaller.ContextualSerializer, bytes => Read(bytes, type, method.RequestMarshaller.ContextualDeserializer)),
                method.ResponseMarshaller);
        }

        private static T Read<T>(DeserializationContext bytes, MessageDescriptor type, Func<DeserializationContext, T> read)
        {
            try
            {
                ListedFields.Require(bytes.PayloadAsReadOnlySequence(), type);
                return read(bytes);
            }
            catch (ProblemException problem)
            {
                throw RpcProblems.StatusOf(problem);
            }
            catch (InvalidProtocolBufferException fault)
            {
                throw RpcProblems.StatusOf(new ProblemException(ProblemKinds.MalformedRequest, $"The message cannot be read: {fault.Message}"));
            }
        }
    }
}
