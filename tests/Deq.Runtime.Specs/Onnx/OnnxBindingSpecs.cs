using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Specs.Onnx;

public sealed class OnnxBindingSpecs
{
    /// <summary>ONNX Runtime's C# API turns the input's name into bytes at every binding, and keeps no binding that would copy anew.</summary>
    private const long BytesPerInput = 64;

    [Fact]
    public void Costs_a_name_in_bytes_per_array_that_is_sent_to_a_device_before_a_run()
    {
        float[] weights = GC.AllocateArray<float>(2, pinned: true);
        float[][] vectors = [.. Enumerable.Range(0, 3).Select(_ => GC.AllocateArray<float>(4, pinned: true))];
        using var session = new InferenceSession(StateGraphs.Combination(2, skipsZeros: false));
        using var binding = new OnnxBinding(
            session,
            [
                BoundTensor.OnHost(StateGraphs.Weights, weights.AsMemory(), 1, 2),
                BoundTensor.OnDevice(StateGraphs.Vector(0), OrtValue.CreateTensorValueFromMemory(vectors[0], [1, 4])),
                BoundTensor.OnDevice(StateGraphs.Vector(1), OrtValue.CreateTensorValueFromMemory(vectors[1], [1, 4])),
                BoundTensor.OnDevice(StateGraphs.Result, OrtValue.CreateTensorValueFromMemory(vectors[2], [1, 4])),
            ],
            copiesToDevice: true);
        (weights[0], weights[1]) = (2, 3);
        (vectors[0][0], vectors[1][0]) = (5, 7);

        binding.Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            binding.Run();
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(31, vectors[2][0]);
        Assert.InRange(allocated, 1, 100 * BytesPerInput);
    }
}
