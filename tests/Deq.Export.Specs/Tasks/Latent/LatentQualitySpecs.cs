using Deq.Export.Tasks.Latent.Evaluation;

namespace Deq.Export.Specs.Tasks.Latent;

public sealed class LatentQualitySpecs
{
    [Fact]
    public void Has_a_gain_only_where_something_was_damaged()
    {
        var quality = new LatentQuality(
        [
            new DamageReport("reconstruct", 4, Before: 120, After: 20.126, Residual: 1e-3),
            new DamageReport("denoise, σ = 0.3", 4, Before: 10.5, After: 18.75, Residual: 1e-3),
        ]);

        IReadOnlyDictionary<string, double> figures = quality.Figures();

        Assert.Equal(["gainDenoise", "images", "psnrDenoise", "psnrReconstruct"], figures.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((8.25, 4, 20.13), (figures["gainDenoise"], figures["images"], figures["psnrReconstruct"]));
    }
}
