using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Solving;

public sealed class TorchStateSpaceSpecs
{
    private const int Rows = 3;
    private const int Width = 7;

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.Float64, 1e-7)]
    public void Give_the_inner_products_of_host_memory(ScalarType type, double bound)
    {
        (HostStateSpace host, TorchStateSpace torch) = Twins(type, slots: 4);
        double[] expected = new double[Rows * 3];
        double[] actual = new double[Rows * 3];

        host.InnerProducts(1, [0, 1, 3], expected, Rows);
        torch.InnerProducts(1, [0, 1, 3], actual, Rows);

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, bound));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void Give_the_combinations_of_host_memory_whether_or_not_the_target_takes_part(int target)
    {
        (HostStateSpace host, TorchStateSpace torch) = Twins(ScalarType.Float32, slots: 4);
        double[] weights = [0.5, 2, 0, 1, 1, 1, -1, 0, 3];

        host.Combine([0, 1, 3], weights, target, Rows);
        torch.Combine([0, 1, 3], weights, target, Rows);

        AssertEqual(host, torch, target);
    }

    [Fact]
    public void Do_not_read_a_vector_whose_weight_is_zero()
    {
        (_, TorchStateSpace torch) = Twins(ScalarType.Float32, slots: 3);
        torch[1].fill_(float.NaN);
        torch[2].fill_(float.NaN);

        torch.Combine([0, 1, 2], [1, 0, 0, 1, 0, 0, 1, 0, 0], target: 2, Rows);
        torch[1][0].zero_();
        torch.Combine([0, 1], [1, 1, 1, 0, 1, 0], target: 0, Rows);

        Assert.True(torch[2].isfinite().all().item<bool>());
        Assert.True(torch[0].isfinite().all().item<bool>());
    }

    [Fact]
    public void Move_rows_in_every_slot()
    {
        (HostStateSpace host, TorchStateSpace torch) = Twins(ScalarType.Float32, slots: 2);

        host.Move([new RowMove(2, 0)]);
        torch.Move([new RowMove(2, 0)]);

        AssertEqual(host, torch, 0);
        AssertEqual(host, torch, 1);
    }

    private static (HostStateSpace Host, TorchStateSpace Torch) Twins(ScalarType type, int slots)
    {
        var host = new HostStateSpace(Rows, Width);
        var torch = new TorchStateSpace(Rows, Width, type);
        host.Allocate(slots);
        torch.Allocate(slots);
        var random = new Random(1);
        for (int slot = 0; slot < slots; slot++)
        {
            for (int i = 0; i < Rows * Width; i++)
            {
                host[slot][i] = random.NextSingle() - 0.5f;
            }

            torch[slot].copy_(tensor(host[slot], [Rows, Width]));
        }

        return (host, torch);
    }

    private static void AssertEqual(HostStateSpace host, TorchStateSpace torch, int slot) =>
        Assert.All(host[slot].Zip(torch[slot].data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
}
