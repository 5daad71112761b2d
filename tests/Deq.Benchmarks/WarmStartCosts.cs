using System.Diagnostics;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Benchmarks;

/// <summary>What a stream adds to the solve of a frame: the warped state and the sketch.</summary>
internal static class WarmStartCosts
{
    private const int Hidden = 48;
    private const int Stride = 4;
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
            $"| {cost.Width} × {cost.Height} | {cost.FlowMs:F3} | {cost.HiddenMs:F3} | {cost.SketchMs:F3} |");
        return $"""
            # warm-starts

            What a stream adds to the solve of a frame, milliseconds: the previous state warped along random motion, of a model whose state is the flow in cells of 4 pixels
            and of one with {Hidden} further channels; and the frame's sketch. Medians of {Repeats}, one thread.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- warm-starts --markdown docs/results/warm-starts.md
            ```

            | frame | flow alone | with {Hidden} channels | sketch |
            |---|--:|--:|--:|
            {string.Join('\n', lines)}

            """;
    }

    private static Cost Measure(int width, int height)
    {
        byte[] pixels = new byte[4 * width * height];
        new Random(1).NextBytes(pixels);
        var frame = new DecodedImage(width, height, pixels);
        return new Cost(width, height, Carry(0), Carry(Hidden), Median(() => FrameSketch.Of(frame)));

        double Carry(int hidden)
        {
            var random = new Random(1);
            var layout = new FlowStateLayout(hidden, height / Stride, width / Stride);
            float[] state = [.. Enumerable.Range(0, layout.Length).Select(_ => (4 * random.NextSingle()) - 2)];
            float[] carried = new float[layout.Length];
            return Median(() => CarriedFlow.Carry(state, layout, carried));
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
    private sealed record Cost(int Width, int Height, double FlowMs, double HiddenMs, double SketchMs);
}
