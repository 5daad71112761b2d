using Google.Protobuf;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>Answers as messages; elements of tensors are always sent as bytes.</summary>
internal static class RpcMessages
{
    public static Wire.ModelInferResponse Of(InferAnswer answer)
    {
        var message = new Wire.ModelInferResponse { ModelName = answer.Model, ModelVersion = answer.Version, Id = answer.Id ?? "" };
        foreach ((string name, object value) in answer.Parameters)
        {
            message.Parameters.Add(name, ParameterOf(value));
        }

        foreach (InferOutput output in answer.Outputs)
        {
            message.Outputs.Add(new Wire.ModelInferResponse.Types.InferOutputTensor
            {
                Name = output.Tensor.Name,
                Datatype = output.Tensor.Type.Name,
                Shape = { output.Tensor.Shape },
            });
            message.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Tensor.Bytes));
        }

        return message;
    }

    public static Wire.ModelMetadataResponse Of(ModelMetadata model) => new()
    {
        Name = model.Name,
        Versions = { model.Versions },
        Platform = model.Platform,
        Inputs = { model.Inputs.Select(Of) },
        Outputs = { model.Outputs.Select(Of) },
    };

    public static Wire.RepositoryIndexResponse.Types.ModelIndex Of(RepositoryEntry entry) =>
        new() { Name = entry.Name, Version = entry.Version, State = entry.State, Reason = entry.Reason };

    public static Wire.ModelStatistics Of(ModelStatisticsEntry model) => new()
    {
        Name = model.Name,
        Version = model.Version,
        LastInference = (ulong)model.LastInference,
        InferenceCount = (ulong)model.InferenceCount,
        ExecutionCount = (ulong)model.ExecutionCount,
        InferenceStats = new Wire.InferStatistics
        {
            Success = Of(model.InferenceStats["success"]),
            Fail = Of(model.InferenceStats["fail"]),
            Queue = Of(model.InferenceStats["queue"]),
            ComputeInput = Of(model.InferenceStats["compute_input"]),
            ComputeInfer = Of(model.InferenceStats["compute_infer"]),
            ComputeOutput = Of(model.InferenceStats["compute_output"]),
        },
    };

    private static Wire.StatisticDuration Of(StatisticDuration duration) => new() { Count = (ulong)duration.Count, Ns = (ulong)duration.Ns };

    private static Wire.ModelMetadataResponse.Types.TensorMetadata Of(TensorMetadata tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Shape } };

    private static Wire.InferParameter ParameterOf(object value) => value switch
    {
        bool flag => new() { BoolParam = flag },
        int count => new() { Int64Param = count },
        double number => new() { DoubleParam = number },
        _ => new() { StringParam = $"{value}" },
    };
}
