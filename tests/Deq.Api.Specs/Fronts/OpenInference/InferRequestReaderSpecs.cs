using System.Text;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Problems;
using Deq.Api.Tasks;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class InferRequestReaderSpecs
{
    private static readonly TensorDeclaration[] s_declared = [new("in", ElementType.Int32, [-1, 2])];

    [Theory]
    [InlineData("BOOL", "[true,false]", "0100")]
    [InlineData("UINT8", "[0,255]", "00FF")]
    [InlineData("INT8", "[-1,127]", "FF7F")]
    [InlineData("UINT16", "[1,65535]", "0100FFFF")]
    [InlineData("INT16", "[-2,3]", "FEFF0300")]
    [InlineData("INT32", "[[-1],[2]]", "FFFFFFFF02000000")]
    [InlineData("UINT32", "[1,4294967295]", "01000000FFFFFFFF")]
    [InlineData("INT64", "[-1,1]", "FFFFFFFFFFFFFFFF0100000000000000")]
    [InlineData("UINT64", "[1,18446744073709551615]", "0100000000000000FFFFFFFFFFFFFFFF")]
    [InlineData("FP32", "[1,-0.5]", "0000803F000000BF")]
    [InlineData("FP64", "[1,-0.5]", "000000000000F03F000000000000E0BF")]
    [InlineData("BYTES", "[\"a\",\"\\u00e4b\"]", "010000006103000000C3A462")]
    public void Turns_elements_of_every_type_into_bytes(string type, string data, string hexadecimal)
    {
        InferRequest request = Read($$"""{"inputs":[{"name":"in","datatype":"{{type}}","shape":[2],"data":{{data}}}]}""");

        Assert.Equal(hexadecimal, Convert.ToHexString(Assert.Single(request.Inputs).Bytes.Span));
    }

    [Fact]
    public void Takes_null_for_what_is_left_out()
    {
        InferRequest request = Read("""
            {"id":null,"parameters":{"deq_solver":null,"a":1},"outputs":null,"inputs":[{"name":"in","datatype":"INT32","shape":[1],"parameters":null,"data":[7]}]}
            """);

        Assert.Null(request.Id);
        Assert.Equal(["a"], request.Parameters.Keys);
        Assert.Empty(request.Outputs);
        Assert.Equal("07000000", Convert.ToHexString(Assert.Single(request.Inputs).Bytes.Span));
    }

    [Fact]
    public void Names_the_header_that_bytes_behind_the_JSON_need()
    {
        ProblemException fault = Assert.Throws<ProblemException>(() => new InferRequestReader(
            (byte[])[.. Encoding.UTF8.GetBytes("""{"inputs":[]}"""), 7, 0, 0, 0], _ => { }).Read(length: null, s_declared));

        Assert.Equal(ProblemKinds.MalformedRequest, fault.Kind);
        Assert.EndsWith("Inference-Header-Content-Length says how long the JSON is.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "malformed-request")]
    [InlineData("[]", "malformed-request")]
    [InlineData("""{"inputs":[]} x""", "malformed-request")]
    [InlineData("""{"inputs":{}}""", "malformed-request")]
    [InlineData("""{"inputs":[7]}""", "malformed-request")]
    [InlineData("""{"inputs":[],"inputs":[]}""", "conflicting-parameter")]
    [InlineData("""{"id":7,"inputs":[]}""", "malformed-request")]
    [InlineData("""{"id":"\ud800","inputs":[]}""", "malformed-request")]
    [InlineData("""{"\ud800":7,"inputs":[]}""", "malformed-request")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"BYTES","shape":[1],"data":["\ud800"]}]}""", "malformed-request")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"BYTES","shape":[1],"data":["\udc00x"]}]}""", "malformed-request")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"data":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}]}""", "malformed-request")]
    [InlineData("""{"parameters":{"a":{}},"inputs":[]}""", "malformed-request")]
    [InlineData("""{"inputs":[{"datatype":"INT32","shape":[1],"data":[1]}]}""", "malformed-request")]
    [InlineData("""{"inputs":[{"name":"in","shape":[1],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT7","shape":[1],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[-1],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[9223372036854775807,9223372036854775807],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[2000000000],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[2],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"data":[1,2]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"data":[1.5]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"data":["1"]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"FP16","shape":[1],"data":[1]}]}""", "tensor-shape")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"parameters":{"binary_data_size":4}}]}""", "malformed-request")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"data":[1],"parameters":{"binary_data_size":4}}]}""", "conflicting-parameter")]
    [InlineData("""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"parameters":{"shared_memory_region":"r"}}]}""", "invalid-parameter")]
    [InlineData("""{"inputs":[],"outputs":[{"name":"out","parameters":{"binary_data":"yes"}}]}""", "invalid-parameter")]
    public void Refuses_what_does_not_keep_to_the_protocol(string json, string kind)
    {
        ProblemException problem = Assert.Throws<ProblemException>(() => Read(json));

        Assert.Equal(kind, problem.Kind.Name);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("2147483648")]
    [InlineData("1000")]
    public void Refuses_a_length_of_the_JSON_that_cannot_be(string length)
    {
        ProblemException problem = Assert.Throws<ProblemException>(() => Read("""{"inputs":[]}""", length: length));

        Assert.Equal("malformed-request", problem.Kind.Name);
    }

    [Fact]
    public void Refuses_bytes_that_belong_to_no_tensor_and_tensors_without_their_bytes()
    {
        const string Json = """{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"parameters":{"binary_data_size":4}}]}""";

        Assert.Throws<ProblemException>(() => Read(Json, [1, 2, 3]));
        Assert.Throws<ProblemException>(() => Read(Json, [1, 2, 3, 4, 5]));
        Assert.Equal([1, 2, 3, 4], Read(Json, [1, 2, 3, 4]).Inputs[0].Bytes.ToArray());
    }

    [Theory]
    [InlineData("01000000")]
    [InlineData("01000000FFFF")]
    [InlineData("FFFFFFFF41")]
    public void Refuses_texts_whose_lengths_do_not_fit(string hexadecimal)
    {
        byte[] bytes = Convert.FromHexString(hexadecimal);

        Assert.Throws<ProblemException>(() => Read(
            $$"""{"inputs":[{"name":"in","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":{{bytes.Length}} } }]}""", bytes));
    }

    [Fact]
    public void Refuses_deep_nesting()
    {
        string data = new string('[', 1000) + "1" + new string(']', 1000);

        Assert.Throws<ProblemException>(() => Read($$"""{"inputs":[{"name":"in","datatype":"INT32","shape":[1],"data":{{data}}}]}"""));
    }

    [Fact]
    public void Accounts_for_the_memory_of_what_it_makes()
    {
        long taken = 0;
        byte[] json = Encoding.UTF8.GetBytes("""{"inputs":[{"name":"in","datatype":"FP64","shape":[3],"data":[1,2,3]}]}""");

        new InferRequestReader(json, bytes => taken += bytes).Read(null, s_declared);

        Assert.Equal(24, taken);
    }

    [Theory]
    [InlineData("1001")]
    [InlineData("2147483647")]
    [InlineData("-1")]
    public void Refuses_more_classes_than_are_written_and_names_the_bound(string classes)
    {
        ProblemException problem = Assert.Throws<ProblemException>(() => Read(Classified(classes)));

        Assert.Equal(ProblemKinds.InvalidParameter, problem.Kind);
        Assert.Contains("from 0 to 1000", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    public void Takes_as_many_classes_as_are_written(string classes, int expected) =>
        Assert.Equal(expected, Assert.Single(Read(Classified(classes)).Outputs).Classes);

    private static string Classified(string classes) => $$"""{"inputs":[],"outputs":[{"name":"out","parameters":{"classification":{{classes}} } }]}""";

    private static InferRequest Read(string json, byte[]? bytes = null, string? length = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        return new InferRequestReader((byte[])[.. text, .. bytes ?? []], _ => { }).Read(length ?? (bytes is null ? null : $"{text.Length}"), s_declared);
    }
}
