using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Tasks;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class TensorJsonSpecs
{
    private const int Count = 100;

    /// <summary>Elements whose texts are long, by their type.</summary>
    public static TheoryData<string, byte[]> Longest => new()
    {
        { "BOOL", [0] },
        { "UINT8", [255] },
        { "INT8", [0x80] },
        { "UINT16", [255, 255] },
        { "INT16", InferRequests.Bytes([short.MinValue]) },
        { "UINT32", InferRequests.Bytes([uint.MaxValue]) },
        { "INT32", InferRequests.Bytes([int.MinValue]) },
        { "UINT64", InferRequests.Bytes([ulong.MaxValue]) },
        { "INT64", InferRequests.Bytes([long.MinValue]) },
        { "FP32", InferRequests.Bytes([-1.17549435e-38f]) },
        { "FP32", InferRequests.Bytes([-0.000123456789f]) },
        { "FP64", InferRequests.Bytes([-2.2250738585072014e-308]) },
        { "FP64", InferRequests.Bytes([-0.00012345678901234567]) },
        { "BYTES", [0, 0, 0, 0] },
        { "BYTES", [3, 0, 0, 0, 1, 2, 3] },
    };

    [Theory, MemberData(nameof(Longest))]
    public void Is_never_longer_than_is_counted_before_it_is_written(string type, byte[] element)
    {
        var tensor = new Tensor("out", ElementType.Find(type)!, [Count], Enumerable.Repeat(element, Count).SelectMany(bytes => bytes).ToArray());
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            TensorJson.Write(writer, tensor);
        }

        Assert.InRange(body.WrittenCount, Count, TensorJson.MostBytes(tensor));
    }
}
