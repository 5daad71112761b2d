using Deq.Api.Fronts.OpenInference.Rpc;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Problems;
using Google.Protobuf;
using static Deq.Api.Fronts.OpenInference.Rpc.Wire.ModelInferRequest.Types;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class RpcRequestSpecs
{
    [Fact]
    public void Accounts_for_the_bytes_that_numbers_become()
    {
        var contents = new InferTensorContents { Int64Contents = { Enumerable.Repeat(1L, 1000) } };
        var input = new InferInputTensor { Name = "in", Datatype = "INT64", Shape = { 1000 }, Contents = contents };
        long taken = 0;

        RpcRequest.Read(new ModelInferRequest { Inputs = { input } }, bytes => taken += bytes);

        Assert.Equal(8000, taken);
    }

    [Fact]
    public void Takes_no_more_for_bytes_which_are_not_copied()
    {
        var input = new InferInputTensor { Name = "in", Datatype = "INT32", Shape = { 2 } };
        long taken = 0;

        RpcRequest.Read(new ModelInferRequest { Inputs = { input }, RawInputContents = { ByteString.CopyFrom(new byte[8]) } }, bytes => taken += bytes);

        Assert.Equal(0, taken);
    }

    [Theory]
    [InlineData("INT32", -1, "'in' has the shape [-1]; extents are whole numbers of at least 0.")]
    [InlineData("FLOAT", 1, "the datatype of 'in' is 'FLOAT'; it must be one of BOOL, ")]
    public void Says_of_a_tensor_what_it_must_be(string type, long extent, string expected)
    {
        var input = new InferInputTensor { Name = "in", Datatype = type, Shape = { extent } };

        ProblemException problem = Assert.Throws<ProblemException>(() => RpcRequest.Read(new ModelInferRequest { Inputs = { input } }, _ => { }));

        Assert.StartsWith(expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_classes_than_are_written_and_names_the_bound()
    {
        var output = new InferRequestedOutputTensor { Name = "out", Parameters = { ["classification"] = new() { Int64Param = 1001 } } };

        ProblemException problem = Assert.Throws<ProblemException>(() => RpcRequest.Read(new ModelInferRequest { Outputs = { output } }, _ => { }));

        Assert.Equal(ProblemKinds.InvalidParameter, problem.Kind);
        Assert.Contains("from 0 to 1000", problem.Message, StringComparison.Ordinal);
    }
}
