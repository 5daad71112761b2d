using Deq.Export.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Benchmarks.Restoration;

/// <summary>Pictures in colour with noise, restored as luminance and colour differences and as three grey pictures; PSNR in dB, means.</summary>
/// <param name="Pictures">How many.</param>
/// <param name="Sigma">Noise, grey levels.</param>
/// <param name="Noisy">Of what was sent.</param>
/// <param name="PerChannel">Each colour as a grey picture.</param>
/// <param name="Together">As the server restores them.</param>
internal sealed record RestorationColours(int Pictures, double Sigma, double Noisy, double PerChannel, double Together)
{
    private const int Side = 256;

    /// <summary>Measures the middle of every picture of a directory.</summary>
    public static RestorationColours Measure(ModelBundle bundle, string directory, double sigma)
    {
        DecodedImage[] images = [.. PictureFiles.In(directory).Select(file => PictureFiles.Decode(file)).Where(image => image.Width >= Side && image.Height >= Side)];
        var solver = new RestorationSolver(bundle, TimeProvider.System);
        IFixedPointMethod method = FixedPointMethods.Named(bundle.Manifest.Defaults.Solver);
        var grant = RowGrant.Of(bundle.Manifest.Defaults.Tolerance, bundle.Manifest.Defaults.MaxEvaluations);
        var rows = images.Where(image => PicturePlanes.Of(image).Planes.Count == 3).Select((image, place) =>
        {
            float[] clean = Middle(image);
            var random = new Random(place + 1);
            float[] noisy = [.. clean.Select(value => value + (float)(sigma / 255 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
            var planes = PicturePlanes.OfColours(Side, Side, noisy);
            var together = new PicturePlanes(Side, Side, [.. planes.Planes.Select((plane, i) => Restored(plane, sigma * planes.NoiseShares[i], planes.StrengthShares[i]))]);
            float[][] channels = [.. Enumerable.Range(0, 3).Select(channel => Restored([.. Enumerable.Range(0, Side * Side).Select(i => noisy[(3 * i) + channel])], sigma, strength: 1))];
            float[] apart = [.. Enumerable.Range(0, clean.Length).Select(i => channels[i % 3][i / 3])];
            return (Noisy: Quality(noisy, clean), Apart: Quality(apart, clean), Together: Quality(together.Colours(), clean));
        }).ToArray();
        return new RestorationColours(rows.Length, sigma, rows.Average(row => row.Noisy), rows.Average(row => row.Apart), rows.Average(row => row.Together));

        float[] Restored(float[] plane, double noise, double strength) =>
            solver.Solve(new RestorationProblem(Degradation.OfNoise(), Side, Side, bundle.Manifest, noise, strength), plane, method, grant).Picture;
    }

    private static double Quality(float[] picture, float[] clean) => PictureQuality.PeakSignalToNoise(picture, clean);

    private static float[] Middle(DecodedImage image)
    {
        (int top, int left) = ((image.Height - Side) / 2, (image.Width - Side) / 2);
        return [.. Enumerable.Range(0, 3 * Side * Side).Select(i => image.Pixels[(4 * (((top + (i / 3 / Side)) * image.Width) + left + (i / 3 % Side))) + (i % 3)] / 255f)];
    }
}
