using Deq.Export.Tasks.Flow.Training;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using TorchSharp;

namespace Deq.Export.Specs.Tasks.Flow.Training;

public sealed class CarriedStateSpecs
{
    [Theory]
    [InlineData(1, 6, 12, 16, 2f)]
    [InlineData(2, 3, 7, 5, 6f)]
    [InlineData(3, 0, 1, 9, 1f)]
    [InlineData(4, 48, 30, 40, 0.4f)]
    [InlineData(5, 2, 20, 24, 40f)]
    public void Is_carried_alike(int seed, int hidden, int height, int width, float motion)
    {
        var layout = new FlowStateLayout(hidden, height, width);
        var random = new Random(seed);
        float[] state = [.. Enumerable.Range(0, layout.Length).Select(_ => motion * ((2 * random.NextSingle()) - 1))];
        using torch.Tensor z = torch.tensor(state, [1L, hidden + 2, height, width]);

        Assert.All(Enum.GetValues<CarryFill>(), fill =>
        {
            using torch.Tensor trained = CarriedState.Forward(z, fill);
            float[] served = new float[layout.Length];
            CarriedFlow.Carry(state, layout, CarryOptions.AsTrained with { Fill = fill }, served);

            // Sums in another order: a cell is the mean of what falls on it.
            float[] expected = trained.data<float>().ToArray();
            Assert.All(served, (value, i) => Assert.Equal(expected[i], value, 1e-4f));
        });
    }
}
