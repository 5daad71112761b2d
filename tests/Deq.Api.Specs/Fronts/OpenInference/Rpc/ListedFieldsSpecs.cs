using System.Buffers;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Fronts.OpenInference.Rpc;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Problems;
using Google.Protobuf;
using static Deq.Api.Fronts.OpenInference.Rpc.Wire.ModelInferRequest.Types;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class ListedFieldsSpecs
{
    [Theory]
    [InlineData("2200", "parameters")]
    [InlineData("2A00", "inputs")]
    [InlineData("3200", "outputs")]
    [InlineData("3A00", "raw_input_contents")]
    public void Refuses_more_entries_than_a_request_lists(string entry, string name)
    {
        byte[] most = Repeated(entry, InferRequest.MostListed);
        Require(most);

        ProblemException problem = Refused([.. most, .. Convert.FromHexString(entry)]);

        Assert.Equal(ProblemKinds.MalformedRequest, problem.Kind);
        Assert.Contains($"'{name}'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_parameters_of_one_input()
    {
        var input = new InferInputTensor { Name = "in" };
        for (int place = 0; place <= InferRequest.MostListed; place++)
        {
            input.Parameters.Add($"{place}", new InferParameter { BoolParam = true });
        }

        ProblemException problem = Refused(new ModelInferRequest { Inputs = { input } }.ToByteArray());

        Assert.Equal(ProblemKinds.MalformedRequest, problem.Kind);
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    public void Refuses_more_extents_without_quoting_them(long extent)
    {
        ModelInferRequest Shaped(int extents) => new() { Inputs = { new InferInputTensor { Shape = { Enumerable.Repeat(extent, extents) } } } };
        Require(Shaped(InferRequest.MostListed).ToByteArray());

        ProblemException one = Refused(Shaped(InferRequest.MostListed + 1).ToByteArray());
        ProblemException many = Refused(Shaped(100_000).ToByteArray());

        Assert.Equal((ProblemKinds.TensorShape, ProblemKinds.TensorShape), (one.Kind, many.Kind));
        Assert.Equal(one.Message, many.Message);
    }

    [Fact]
    public void Refuses_more_extents_one_by_one()
    {
        ProblemException problem = Refused([0x2A, 0x82, 0x01, .. Repeated("1801", InferRequest.MostListed + 1)]);

        Assert.Equal(ProblemKinds.TensorShape, problem.Kind);
    }

    [Fact]
    public void Takes_any_number_of_packed_numbers_and_a_bounded_number_of_texts()
    {
        ModelInferRequest Holding(InferTensorContents contents) => new() { Inputs = { new InferInputTensor { Contents = contents } } };
        ModelInferRequest numbers = Holding(new InferTensorContents { Int64Contents = { Enumerable.Repeat(1L, 4 * ListedFields.Most) } });
        ModelInferRequest texts = Holding(new InferTensorContents { BytesContents = { Enumerable.Repeat(ByteString.Empty, ListedFields.Most) } });

        Require(numbers.ToByteArray());

        Assert.Equal(ProblemKinds.MalformedRequest, Refused(texts.ToByteArray()).Kind);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1000)]
    [InlineData(1025)]
    public void Finds_what_numbers_take_at_most_once_they_are_parsed(int count)
    {
        var contents = new InferTensorContents
        {
            BoolContents = { Enumerable.Repeat(true, count) },
            IntContents = { Enumerable.Repeat(0, count) },
            UintContents = { Enumerable.Repeat(uint.MaxValue, count) },
            Int64Contents = { Enumerable.Repeat(-1L, count) },
            Uint64Contents = { Enumerable.Repeat(0UL, count) },
            Fp32Contents = { Enumerable.Repeat(1f, count) },
            Fp64Contents = { Enumerable.Repeat(1d, count) },
        };
        byte[] message = new ModelInferRequest { Inputs = { new InferInputTensor { Contents = contents } } }.ToByteArray();
        InferTensorContents parsed = ModelInferRequest.Parser.ParseFrom(message).Inputs[0].Contents;
        long most = message.Length + MemoryOf(message);

        long taken = parsed.BoolContents.Capacity + (sizeof(uint) * (parsed.IntContents.Capacity + parsed.UintContents.Capacity + parsed.Fp32Contents.Capacity))
            + (sizeof(ulong) * ((long)parsed.Int64Contents.Capacity + parsed.Uint64Contents.Capacity + parsed.Fp64Contents.Capacity));
        Assert.InRange(taken, 1, most);
        Assert.InRange(most, 1, 3 * taken);
    }

    [Fact]
    public void Finds_sixteen_bytes_for_each_zero_that_came_as_one()
    {
        byte[] message = new ModelInferRequest { Inputs = { new InferInputTensor { Contents = new InferTensorContents { Int64Contents = { Enumerable.Repeat(0L, 1000) } } } } }.ToByteArray();

        Assert.Equal((16 * 1000) - 1000, MemoryOf(message));
    }

    [Fact]
    public void Refuses_more_unknown_fields_than_a_message_may_have()
    {
        byte[] most = Repeated("FA0700", ListedFields.Most);
        Require(most);

        ProblemException problem = Refused([.. most, 0xFA, 0x07, 0x00]);

        Assert.Contains($"{ListedFields.Most}", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2A0500")]
    [InlineData("2A")]
    [InlineData("A301A401")]
    [InlineData("0880808080808080808080")]
    [InlineData("09000000")]
    public void Refuses_what_cannot_be_told_apart(string hexadecimal)
    {
        ProblemException problem = Refused(Convert.FromHexString(hexadecimal));

        Assert.Equal(ProblemKinds.MalformedRequest, problem.Kind);
    }

    [Fact]
    public void Reads_a_message_in_whatever_pieces_it_comes()
    {
        byte[] most = Repeated("2A00", InferRequest.MostListed);
        var first = new Piece(new ReadOnlyMemory<byte>(most, 0, 1), null);
        Piece last = first;
        for (int place = 1; place < most.Length; place++)
        {
            last = new Piece(new ReadOnlyMemory<byte>(most, place, 1), last);
        }

        ListedFields.Require(new ReadOnlySequence<byte>(first, 0, last, 1), ModelInferRequest.Descriptor);
        last = new Piece(new byte[] { 0x2A }, last);
        last = new Piece(new byte[] { 0x00 }, last);

        Assert.Throws<ProblemException>(() => ListedFields.Require(new ReadOnlySequence<byte>(first, 0, last, 1), ModelInferRequest.Descriptor));
    }

    private static byte[] Repeated(string hexadecimal, int count) => [.. Enumerable.Repeat(Convert.FromHexString(hexadecimal), count).SelectMany(bytes => bytes)];

    private static void Require(byte[] message) => MemoryOf(message);

    private static long MemoryOf(byte[] message) => ListedFields.Require(new ReadOnlySequence<byte>(message), ModelInferRequest.Descriptor);

    private static ProblemException Refused(byte[] message) => Assert.Throws<ProblemException>(() => Require(message));

    /// <summary>A piece of a message.</summary>
    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> bytes, Piece? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
