using System.Text.Json;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;
using Deq.Testing;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class RestorationProblemSpecs
{
    private const int Height = 6;
    private const int Width = 9;

    private static readonly ModelManifest s_manifest = JsonSerializer.Deserialize<ModelManifest>(File.ReadAllBytes(Repository.Folder("models", "restore", ModelBundle.ManifestFile)), ModelManifest.Json)!;

    [Theory]
    [InlineData(1, true)]
    [InlineData(1.01, false)]
    public void Is_unique_up_to_the_strength_at_which_noise_alone_stays_convex(double lambda, bool isUnique)
    {
        Assert.Equal(isUnique, new RestorationProblem(Degradation.OfNoise(), Height, Width, s_manifest, sigma: 15, lambda).IsUnique);
        Assert.False(new RestorationProblem(Degradation.OfShrinking(2), Height, Width, s_manifest, sigma: 15, lambda).IsUnique);
    }

    [Fact]
    public void Smooths_blurs_less_and_halves_more_than_the_noise_asks_for()
    {
        double noise = StrengthOf(Degradation.OfMask([.. Enumerable.Repeat(true, Height * Width)], isOfLossy: true));

        Assert.Equal(Math.Pow(3 / 20.0, 2), noise, 1e-9);
        Assert.InRange(StrengthOf(Degradation.OfBlur(BlurKernel.Shrinking(2))), 0.3 * noise, 0.9 * noise);
        Assert.InRange(StrengthOf(Degradation.OfShrinking(2)), 1.1 * noise, 2 * noise);
        Assert.Equal(noise, StrengthOf(Degradation.OfShrinking(3)), 1e-9);
    }

    [Fact]
    public void Is_solved_more_exactly_by_default_where_pixels_are_lost()
    {
        var noise = new RestorationProblem(Degradation.OfNoise(), Height, Width, s_manifest, sigma: 3, lambda: 1);
        var half = new RestorationProblem(Degradation.OfShrinking(2), Height, Width, s_manifest, sigma: 3, lambda: 1);

        Assert.Equal((5e-4, 60), (noise.UsualTolerance(5e-4), noise.UsualEvaluations(60)));
        Assert.True(half.UsualTolerance(5e-4) < 5e-4);
        Assert.True(half.UsualEvaluations(60) > 60);
    }

    [Fact]
    public void Counts_the_misfit_of_the_pixels_that_a_tile_keeps()
    {
        var problem = new RestorationProblem(Degradation.OfNoise(), Height, Width, s_manifest, sigma: 5, lambda: 1);
        int area = problem.Shape.Height * problem.Shape.Width;
        float[] start = new float[area];
        problem.Fill(Ramp(), new float[RestorationPlanes.Count * area], start);
        float[] shifted = [.. start.Select(value => value + 0.5f)];

        (double squares, int count) = problem.Misfit(shifted, Ramp(), new PictureTile(new TileSpan(0, Height, 1, 2), new TileSpan(0, Width, 3, 4)));

        Assert.Equal(8, count);
        Assert.Equal(8 * 0.25, squares, 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Continues_an_earlier_solve_where_it_explains_the_picture_margin_included(int factor)
    {
        const int side = 16;
        const float sigma = 10;
        var problem = new RestorationProblem(factor == 1 ? Degradation.OfNoise() : Degradation.OfShrinking(factor), side, side, s_manifest, sigma, lambda: 1);
        float[] measured = [.. Enumerable.Repeat(0.5f, side * side)];
        (int height, int width) = (problem.Shape.Height, problem.Shape.Width);
        float[] start = new float[height * width];
        problem.Fill(measured, new float[RestorationPlanes.Count * start.Length], start);
        float[] begun = [.. start];

        // Of the left half just explained, of the right half by far not: the edge between them spoils the blocks beside it where pixels are joined.
        float[] last = [.. Enumerable.Range(0, start.Length).Select(pixel => pixel % width < width / 2 ? 0.5f + (1.3f * sigma / 255) : 0.9f)];
        double continued = problem.Continue(last, measured, start);

        int edge = (width - (factor * side)) / 2;
        Assert.Equal(0.5, continued);
        Assert.Equal(last[0], start[0]);
        Assert.Equal(last[^width], start[^width]);
        Assert.Equal(last[(height / 2 * width) + edge], start[(height / 2 * width) + edge]);
        Assert.Equal(begun[^1], start[^1]);
        Assert.Equal(0, problem.Continue([.. last.Select(_ => 0.5f + (1.5f * sigma / 255))], measured, start));
    }

    [Fact]
    public void Does_not_continue_where_nothing_was_measured()
    {
        const int side = 16;
        bool[] known = [.. Enumerable.Range(0, side * side).Select(pixel => pixel % side < side / 2)];
        var problem = new RestorationProblem(Degradation.OfMask(known), side, side, s_manifest, sigma: 5, lambda: 1);
        float[] measured = [.. Enumerable.Repeat(0.5f, side * side)];
        float[] start = new float[problem.Shape.Height * problem.Shape.Width];

        Assert.Equal(0.5, problem.Continue([.. start.Select(_ => 0.5f)], measured, start));
    }

    [Fact]
    public void Is_one_of_noise_alone_where_a_mask_hides_nothing_but_in_a_part_of_a_picture_with_gaps()
    {
        bool[] known = [.. Enumerable.Repeat(true, Height * Width)];
        float[] noise = Planes(Degradation.OfNoise(), sigma: 3);

        Assert.Equal(noise, WithoutKernel(Planes(Degradation.OfMask(known), sigma: 3)));
        Assert.NotEqual(noise, WithoutKernel(Planes(Degradation.OfMask(known, isOfLossy: true), sigma: 3)));

        static float[] WithoutKernel(float[] planes)
        {
            int area = planes.Length / RestorationPlanes.Count;
            planes.AsSpan(RestorationPlanes.Kernel * area, area).Clear();
            return planes;
        }
    }

    [Theory]
    [InlineData(1e-20)]
    [InlineData(1e-160)]
    public void Has_finite_numbers_however_little_noise_there_is(double sigma)
    {
        bool[] known = [.. Enumerable.Range(0, Height * Width).Select(pixel => pixel % 2 == 0)];

        Assert.All(Planes(Degradation.OfMask(known), sigma), value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Enlarges_about_the_middle_of_each_measured_pixel(int factor)
    {
        var problem = new RestorationProblem(Degradation.OfShrinking(factor), Height, Width, s_manifest, sigma: 3, lambda: 1);
        float[] across = [.. Enumerable.Range(0, Height * Width).Select(pixel => pixel % Width / 10f)];
        float[] start = new float[problem.Shape.Height * problem.Shape.Width];
        problem.Fill(across, new float[RestorationPlanes.Count * start.Length], start);

        float[] picture = problem.Cut(start)!;

        // Of a ramp, the mean over the block of a pixel is that pixel.
        for (int column = 1; column < Width - 1; column++)
        {
            Assert.Equal(column / 10f, picture.AsSpan((factor * problem.Width) + (factor * column), factor).ToArray().Average(), 1e-5f);
        }
    }

    private static float[] Planes(Degradation degradation, double sigma)
    {
        var problem = new RestorationProblem(degradation, Height, Width, s_manifest, sigma, lambda: 1);
        float[] start = new float[problem.Shape.Height * problem.Shape.Width];
        float[] planes = new float[RestorationPlanes.Count * start.Length];
        problem.Fill(Ramp(), planes, start);
        return planes;
    }

    [Fact]
    public void Weights_the_regulariser_of_shrinking_by_some_noise_however_faint_it_is()
    {
        Assert.Equal(StrengthOf(Degradation.OfShrinking(3), 1.4), StrengthOf(Degradation.OfShrinking(3), 0.1), 1e-12);
        Assert.True(StrengthOf(Degradation.OfShrinking(2), 2) > StrengthOf(Degradation.OfShrinking(2), 0.1));
        Assert.Equal(1, 400 * StrengthOf(Degradation.OfBlur(BlurKernel.Shrinking(2)), 0.1) / StrengthOf(Degradation.OfBlur(BlurKernel.Shrinking(2)), 2), 1e-9);
    }

    private static double StrengthOf(Degradation degradation, double sigma = 3) => new RestorationProblem(degradation, Height, Width, s_manifest, sigma, lambda: 1).Strength;

    private static float[] Ramp() => [.. Enumerable.Range(0, Height * Width).Select(i => i / 100f)];
}
