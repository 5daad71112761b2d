using System.Diagnostics;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Benchmarks;

/// <summary>What a stream adds to the solve of a frame: the state carried along its motion and held against the pictures, and what these are reduced to.</summary>
internal static class WarmStartCosts
{
    private const int Hidden = 48;
    private const double Stride = 2.75;
    private const int Repeats = 51;
    private static readonly (int Width, int Height)[] Sizes = [(320, 240), (640, 480), (1024, 436)];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments) is not { } report)
        {
            return 2;
        }

        Cost[] costs = [.. Sizes.Select(size => Measure(size.Width, size.Height))];
        report.Write(Page(costs), costs);
        return 0;
    }

    private static string Page(Cost[] costs)
    {
        IEnumerable<string> lines = costs.Select(cost =>
            $"| {cost.Width} × {cost.Height} | {cost.ColdMs:F3} | {cost.UnmovedMs:F3} | {cost.BackgroundMs:F3} | {cost.PredictedMs:F3} | {cost.HalvedMs:F3} | {cost.SketchMs:F3} |");
        return $"""
            # warm-starts

            What a stream adds to the solve of a frame, milliseconds: a state of {Hidden} + 2 channels in cells of {Stride} pixels carried along random motion, by what
            fills the cells that nothing reaches; the predicted start, which is carried, chooses among motions and is corrected by the pictures; the frame
            halved, and its sketch. Medians of {Repeats}, one thread. Streams take the predicted start.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- warm-starts --markdown docs/results/warm-starts.md
            ```

            | frame | carried, cold | unmoved | background | predicted start | halved | sketch |
            |---|--:|--:|--:|--:|--:|--:|
            {string.Join('\n', lines)}

            """;
    }

    private static Cost Measure(int width, int height)
    {
        var random = new Random(1);
        var layout = new FlowStateLayout(Hidden, (int)Math.Ceiling(height / Stride), (int)Math.Ceiling(width / Stride));
        float[] state = [.. Enumerable.Range(0, layout.Length).Select(_ => (4 * random.NextSingle()) - 2)];
        float[] carried = new float[layout.Length];
        byte[] pixels = new byte[4 * width * height];
        random.NextBytes(pixels);
        var frame = new DecodedImage(width, height, pixels);
        var halved = HalvedFrame.Of(frame);
        var past = new FlowPast(halved, halved, state, state.AsMemory(Hidden * layout.Cells));
        return new Cost(
            width,
            height,
            Carry(CarryFill.Cold),
            Carry(CarryFill.Unmoved),
            Carry(CarryFill.Background),
            Median(() => PredictedStart.Predict(past, halved, layout, Stride, new CarryOptions(), carried)),
            Median(() => HalvedFrame.Of(frame)),
            Median(() => FrameSketch.Of(frame)));

        double Carry(CarryFill fill)
        {
            CarryOptions options = new() { Fill = fill };
            return Median(() => CarriedFlow.Carry(state, layout, options, carried));
        }
    }

    private static double Median(Action action)
    {
        double[] times = new double[Repeats];
        for (int i = -Repeats; i < Repeats; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            action();
            times[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Repeats / 2];
    }

    /// <summary>Milliseconds for a frame of a size.</summary>
    private sealed record Cost(int Width, int Height, double ColdMs, double UnmovedMs, double BackgroundMs, double PredictedMs, double HalvedMs, double SketchMs);
}
