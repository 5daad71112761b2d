using Deq.Export.Specs.Fixtures;
using Deq.Export.Verification;

namespace Deq.Export.Specs.Verification;

public sealed class NumpyArraysSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<f4", true, "inputs is in Fortran's order")]
    [InlineData("<i8", false, "inputs is of type '<i8'")]
    public void Says_how_an_array_of_another_type_or_order_is_saved(string type, bool isByColumns, string fault)
    {
        NumpyFile.WriteAs(_folder.File("reference.npz"), type, isByColumns, ("inputs", [2, 1, 4, 4], new float[32]));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => NumpyArrays.Read(new FileInfo(_folder.File("reference.npz"))));

        Assert.Equal($"reference.npz: {fault}; save it as numpy.ascontiguousarray(inputs, 'float32').", refusal.Message);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(500)]
    public void Says_how_a_reference_is_written_that_is_no_zip(int length)
    {
        string file = _folder.Write("reference.npz", new byte[length]);

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => NumpyArrays.Read(new FileInfo(file)));

        Assert.Equal("reference.npz is no zip of arrays; write it with numpy.savez.", refusal.Message);
    }

    [Fact]
    public void Names_an_array_that_ends_too_early()
    {
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], [1f, 2f, 3f]));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => NumpyArrays.Read(new FileInfo(_folder.File("reference.npz"))));

        Assert.StartsWith("reference.npz: inputs ends before all of its numbers", refusal.Message, StringComparison.Ordinal);
    }
}
