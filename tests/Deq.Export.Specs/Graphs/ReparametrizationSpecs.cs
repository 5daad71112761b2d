using Deq.Export.Graphs;
using Deq.Export.Graphs.Reparametrizations;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs;

public sealed class ReparametrizationSpecs
{
    [Theory]
    [InlineData(5, 7)]
    [InlineData(4, 3, 3, 3)]
    public void By_weight_norm_composes_what_it_split(params int[] shape)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor w = Drawn(shape);

        (Tensor v, Tensor g) = WeightNorm.Split(w);

        Assert.Equal(g.numel(), shape[0]);
        Assert.True(WeightNorm.Compose(v, g).allclose(w, rtol: 1e-12, atol: 1e-12));
    }

    [Fact]
    public void By_weight_norm_has_the_length_of_g_in_each_output_channel_whatever_v_is()
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor v, Tensor g) = WeightNorm.Split(Drawn(6, 2, 3, 3));

        Tensor w = WeightNorm.Compose(v * 17, g * 3);

        Tensor lengths = w.reshape(6, -1).pow(2).sum(1).sqrt();
        Assert.True(lengths.allclose(3 * g.flatten(), rtol: 1e-12, atol: 1e-12));
    }

    [Fact]
    public void By_weight_norm_sends_to_v_a_gradient_across_it_and_to_g_one_along_it()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor c = Drawn(4, 9);
        (Tensor v, Tensor g) = WeightNorm.Split(Drawn(4, 9) + 1);
        v.requires_grad_(true);
        g.requires_grad_(true);

        (WeightNorm.Compose(v, g) * c).sum().backward();

        Tensor direction = (v / v.pow(2).sum([1], keepdim: true).sqrt()).detach();
        Assert.True((v.grad! * direction).sum(1).abs().max().item<double>() < 1e-12);
        Assert.True(g.grad!.allclose((c * direction).sum([1], keepdim: true), rtol: 1e-12, atol: 1e-12));
    }

    [Theory]
    [InlineData(5, 7)]
    [InlineData(8, 4, 3, 3)]
    public void By_spectral_norm_stretches_nothing_beyond_its_length(params int[] shape)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor v = Drawn(shape) * 3;
        Tensor state = SpectralNorm.Start(v);
        for (int step = 0; step < 300; step++)
        {
            SpectralNorm.Compose(v, state, iterate: true).Dispose();
        }

        Tensor w = SpectralNorm.Compose(v, state, iterate: false);

        double largest = linalg.svdvals(w.reshape(shape[0], -1)).max().item<double>();
        Assert.InRange(largest, 1 - 1e-6, 1 + 1e-6);
    }

    [Fact]
    public void By_spectral_norm_keeps_its_state_unless_told_to_iterate()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor v = Drawn(6, 20);
        Tensor state = SpectralNorm.Start(v, iterations: 1);
        Tensor before = state.clone();

        Tensor first = SpectralNorm.Compose(v, state, iterate: false);
        Tensor second = SpectralNorm.Compose(v, state, iterate: false);
        bool isKept = state.allclose(before, rtol: 0, atol: 0);
        SpectralNorm.Compose(v, state, iterate: true).Dispose();

        Assert.True(isKept);
        Assert.True(first.allclose(second, rtol: 0, atol: 0));
        Assert.False(state.allclose(before, rtol: 0, atol: 1e-9));
    }

    [Fact]
    public void By_spectral_norm_is_no_longer_than_1_with_weights_averaged_over_steps()
    {
        using IDisposable scope = NewDisposeScope();
        Weight[] weights = [new Weight("w", [8, 4, 3, 3], WeightStart.FanIn, Reparametrization.SpectralNorm)];
        using var trained = new ModelParameters(weights, seed: 3);
        using var average = new ModelParameters(weights, seed: 3);
        Tensor step = Drawn(8, 4, 3, 3).to(ScalarType.Float32);
        using (no_grad())
        {
            for (int i = 0; i < 20; i++)
            {
                trained.Trainable.Single().Value.add_(step.roll(i, 3).mul(0.1));
                trained.Compose(training: true);
                average.MoveTowards(trained, 0.9);
            }
        }

        Tensor state = average.Kept.Single(entry => entry.Name == "w.singular").Value;
        Tensor w = average.Compose()["w"];

        Assert.True(state.norm().item<float>() < 0.999);
        Assert.InRange(linalg.svdvals(w.reshape(8, -1)).max().item<float>(), 1 - 1e-3, 1 + 1e-3);
    }

    [Fact]
    public void By_spectral_norm_sends_the_gradient_of_the_quotient()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor v = Drawn(4, 6);
        Tensor c = Drawn(4, 6);
        Tensor direction = Drawn(4, 6);
        Tensor state = SpectralNorm.Start(v, iterations: 500);
        Tensor learned = v.clone().requires_grad_(true);

        (SpectralNorm.Compose(learned, state, iterate: false) * c).sum().backward();

        double Value(double step)
        {
            Tensor moved = v + (direction * step);
            return ((moved / linalg.svdvals(moved).max()) * c).sum().item<double>();
        }

        Assert.Equal((Value(1e-6) - Value(-1e-6)) / 2e-6, (learned.grad! * direction).sum().item<double>(), 1e-6);
    }

    [Fact]
    public void Folds_into_the_numbers_it_composes_wherever_they_lie_in_memory()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor turned = Drawn(3, 3, 4, 6).permute(3, 2, 0, 1);
        (Tensor v, Tensor g) = WeightNorm.Split(turned);
        Tensor state = SpectralNorm.Start(turned);

        float[] byLength = WeightNorm.Fold(v.requires_grad_(true), g);
        float[] bySpectrum = SpectralNorm.Fold(turned, state);

        Assert.Equal(Numbers(WeightNorm.Compose(v, g)), byLength);
        Assert.Equal(Numbers(SpectralNorm.Compose(turned, state, iterate: false)), bySpectrum);
    }

    /// <summary>One by one, by index.</summary>
    private static float[] Numbers(Tensor tensor) =>
        [.. Enumerable.Range(0, (int)tensor.numel()).Select(i => (float)tensor.flatten()[i].item<double>())];

    private static Tensor Drawn(params int[] shape)
    {
        var random = new Random(11);
        double[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (product, n) => product * n)).Select(_ => (2 * random.NextDouble()) - 1)];
        return tensor(values, [.. shape.Select(n => (long)n)]);
    }
}
