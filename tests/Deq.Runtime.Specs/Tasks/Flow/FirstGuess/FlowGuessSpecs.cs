using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Runtime.Specs.Tasks.Flow.FirstGuess;

public sealed class FlowGuessSpecs
{
    private const int Width = 96;
    private const int Height = 64;
    private static readonly float[] s_half = [0.5f, 0.5f, 0.5f];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3.25f, -1.5f)]
    [InlineData(-20, 9)]
    public void Finds_how_far_a_texture_moves(float u, float v)
    {
        float[] input = Moved(u, v);

        new FlowGuess(Width, Height, threads: null).Complete(input, s_half, s_half);

        Assert.InRange(Error(input, u, v), 0, 0.15);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3.25f, -1.5f)]
    [InlineData(-20, 9)]
    public void Finds_it_at_half_the_size_when_it_must_be_quick(float u, float v)
    {
        float[] quick = Moved(u, v), fine = Moved(u, v);
        var guess = new FlowGuess(Width, Height, threads: null);

        guess.Complete(quick, s_half, s_half, isQuick: true);
        guess.Complete(fine, s_half, s_half);

        Assert.InRange(Error(quick, u, v), 0, 0.3);
        Assert.InRange(Error(fine, u, v), 0, 0.15);
    }

    [Fact]
    public void Shows_the_second_frame_along_the_guess()
    {
        float[] input = Moved(5, 2);
        float[] first = [.. input.Take(3 * Width * Height)];

        new FlowGuess(Width, Height, threads: null).Complete(input, s_half, s_half);

        double apart = Inside(5, 2).Average(pixel => Math.Abs(input[(3 * Width * Height) + pixel] - first[pixel]));
        Assert.InRange(apart, 0, 0.02);
        Assert.Equal(first, input.Take(3 * Width * Height));
    }

    [Fact]
    public void Trusts_what_leads_back_and_nothing_that_leads_out_of_the_frame()
    {
        float[] input = Moved(12, 0);

        new FlowGuess(Width, Height, threads: null).Complete(input, s_half, s_half);

        ReadOnlySpan<float> trust = input.AsSpan(8 * Width * Height);
        Assert.Equal(0, trust[(Height / 2 * Width) + Width - 2]);
        Assert.InRange(trust[(Height / 2 * Width) + (Width / 2)], 0.8f, 1);
    }

    [Fact]
    public void Gives_the_same_whatever_the_threads_and_whatever_was_asked_before()
    {
        // Tall enough for several bands of rows.
        const int Tall = 261;
        float[] alone = Moved(7, -3, Tall), shared = Moved(7, -3, Tall), again = Moved(7, -3, Tall);
        using var threads = new PairThreads(3);
        var guess = new FlowGuess(Width, Tall, threads);

        new FlowGuess(Width, Tall, threads: null).Complete(alone, s_half, s_half);
        guess.Complete(shared, s_half, s_half);
        guess.Complete(Moved(-15, 4, Tall), s_half, s_half);
        guess.Complete(again, s_half, s_half);

        Assert.Equal(alone, shared);
        Assert.Equal(alone, again);
    }

    [Theory]
    [InlineData(6, -3)]
    [InlineData(7.5f, -2)]
    public void Finds_from_a_prediction_what_it_finds_from_nothing(float predictedU, float predictedV)
    {
        float[] cold = Moved(6, -3), warm = Moved(6, -3);
        var guess = new FlowGuess(Width, Height, threads: null);
        GuessFit fit = guess.Complete(cold, s_half, s_half);

        GuessFit predicted = guess.Complete(warm, s_half, s_half, Predicted(predictedU, predictedV, fit.MostLostNext(1)));

        Assert.False(fit.IsPredicted);
        Assert.True(predicted.IsPredicted);
        Assert.InRange(Error(warm, 6, -3), 0, 0.15);
        Assert.InRange(Inside(6, -3).Average(pixel => Math.Abs(warm[(6 * Width * Height) + pixel] - cold[(6 * Width * Height) + pixel])), 0, 0.05);
    }

    [Fact]
    public void Starts_from_nothing_where_a_prediction_loses_what_was_found_before()
    {
        float[] cold = Moved(6, -3), warm = Moved(6, -3);
        var guess = new FlowGuess(Width, Height, threads: null);
        GuessFit fit = guess.Complete(cold, s_half, s_half);

        GuessFit other = guess.Complete(warm, s_half, s_half, Predicted(-24, 20, fit.MostLostNext(1)));

        Assert.False(other.IsPredicted);
        Assert.Equal(fit.Lost, other.Lost);
        Assert.Equal(cold, warm);
    }

    [Fact]
    public void Counts_as_lost_by_a_prediction_what_has_left_it_and_is_not_confirmed()
    {
        var search = new PatchSearch(Width, Height, stride: 3);
        FlowPrediction prediction = Predicted(4, -2, mostLost: 1);
        prediction.Start(search, level: 1, forward: true);
        (float u, float v) = (search.U[0], search.V[0]);
        Array.Fill(search.Trust, 0.2f);
        search.U[1] += 3;
        search.V[2] -= 3;
        search.U[3] += 3;
        search.Trust[3] = 0.9f;
        search.U[4] += 1.1f;

        double lost = prediction.Lost(search, level: 1, bound: 1, share: 0.1f);

        Assert.Equal((2, -1), (u, v));
        Assert.Equal(2.0 / search.Trust.Length, lost, 1e-12);
        Assert.Equal(1 - (1.0 / search.Trust.Length), search.Lost, 1e-12);
    }

    [Fact]
    public void Lets_a_next_pair_lose_little_more_than_the_best_before()
    {
        var easy = new GuessFit(0.1, IsPredicted: true);
        var hard = new GuessFit(0.4, IsPredicted: false);

        Assert.Equal(0.13, easy.MostLostNext(1), 1e-12);
        Assert.Equal(0.13, easy.MostLostNext(0.3), 1e-12);
        Assert.Equal(0.15, hard.MostLostNext(0.12), 1e-12);
    }

    [Fact]
    public void Lets_a_pair_lose_nothing_after_one_that_lost_most() =>
        Assert.Equal(0, new GuessFit(0.6, IsPredicted: false).MostLostNext(1));

    [Fact]
    public void Is_finite_where_there_is_nothing_to_see()
    {
        float[] input = new float[FlowGuess.Planes * Width * Height];

        new FlowGuess(Width, Height, threads: null).Complete(input, s_half, s_half);

        Assert.All(input, number => Assert.True(float.IsFinite(number)));
        Assert.InRange(Error(input, 0, 0), 0, 1e-3);
    }

    [Fact]
    public void Refuses_an_input_of_another_length_and_frames_that_are_too_small()
    {
        Assert.Contains("12 numbers", Assert.Throws<ArgumentException>(() => new FlowGuess(Width, Height, null).Complete(new float[12], s_half, s_half)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlowGuess(15, 64, null));
    }

    private static FlowPrediction Predicted(float u, float v, double mostLost)
    {
        const int Cells = Width / 4 * (Height / 4);
        float[] cells = [.. Enumerable.Repeat(u / 4, Cells), .. Enumerable.Repeat(v / 4, Cells)];
        return new FlowPrediction(cells, Height / 4, Width / 4, 4, mostLost);
    }

    /// <summary>Two frames of a smooth texture, normalised to [−1, 1]; the second shows it moved.</summary>
    private static float[] Moved(float u, float v, int height = Height)
    {
        float[] input = new float[FlowGuess.Planes * Width * height];
        var random = new Random(4);
        (double X, double Y, double Phase, double Size)[] waves = [.. Enumerable.Range(0, 24).Select(_ =>
            (0.7 * (random.NextDouble() - 0.5), 0.7 * (random.NextDouble() - 0.5), 6.28 * random.NextDouble(), 0.1 + (0.1 * random.NextDouble())))];
        for (int frame = 0; frame < 2; frame++)
        {
            for (int pixel = 0; pixel < Width * height; pixel++)
            {
                (double x, double y) = ((pixel % Width) - (frame * u), (pixel / Width) - (frame * v));
                float value = (float)Math.Clamp(waves.Sum(wave => wave.Size * Math.Sin((wave.X * x) + (wave.Y * y) + wave.Phase)), -1, 1);
                for (int channel = 0; channel < 3; channel++)
                {
                    input[(((3 * frame) + channel) * Width * height) + pixel] = value;
                }
            }
        }

        return input;
    }

    private static double Error(float[] input, float u, float v) => Inside(u, v).Average(pixel =>
        Math.Sqrt(Math.Pow(input[(6 * Width * Height) + pixel] - u, 2) + Math.Pow(input[(7 * Width * Height) + pixel] - v, 2)));

    /// <summary>Pixels that are well inside of both frames.</summary>
    private static IEnumerable<int> Inside(float u, float v) =>
        from y in Enumerable.Range(6, Height - 12)
        from x in Enumerable.Range(6, Width - 12)
        where x + u >= 6 && x + u < Width - 6 && y + v >= 6 && y + v < Height - 6
        select (y * Width) + x;
}
