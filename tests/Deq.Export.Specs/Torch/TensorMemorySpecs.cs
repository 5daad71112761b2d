using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Torch;

public sealed class TensorMemorySpecs
{
    [Fact]
    public void Begin_at_a_multiple_of_64_bytes_wherever_the_array_began()
    {
        using IDisposable scope = NewDisposeScope();

        Assert.All(Enumerable.Range(1, 50), count =>
        {
            Tensor held = tensor(new float[7 * count], [count, 7]).InTorchsMemory();

            Assert.Equal(0, held.storage<float>().data_ptr() % 64);
        });
    }

    [Fact]
    public void Stay_the_same()
    {
        using IDisposable scope = NewDisposeScope();

        Assert.Equal([1, 2, 3, 4, 5, 6], tensor(new float[] { 1, 2, 3, 4, 5, 6 }, [2, 3]).InTorchsMemory().data<float>().ToArray());
    }
}
