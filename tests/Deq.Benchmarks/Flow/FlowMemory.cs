using System.Diagnostics;
using System.Globalization;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;

namespace Deq.Benchmarks.Flow;

/// <summary>The most memory that solving one pair takes, in a process of its own per size.</summary>
internal static class FlowMemory
{
    /// <summary>The option by which the benchmark starts itself.</summary>
    public const string Option = "--memory-of";

    private const double Mebibyte = 1 << 20;

    /// <summary>Solves a pair of a size in a new process and reads what that says.</summary>
    public static MemoryRow Measure(string directory, int width, int height)
    {
        var start = new ProcessStartInfo("dotnet", [Environment.GetCommandLineArgs()[0], "flow", "--model", directory, Option, $"{width}x{height}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string[] said = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        double[] numbers = [.. said.Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
        return new MemoryRow(width, height, numbers[0], numbers[1], (numbers[1] - numbers[0]) * Mebibyte / (width * (double)height), numbers[2]);
    }

    /// <summary>In that process: opens the model, solves a pair, and says mebibytes before, at most, and of the lane.</summary>
    public static int Say(string directory, string size)
    {
        int[] sides = [.. size.Split('x').Select(side => int.Parse(side, CultureInfo.InvariantCulture))];
        FlowClip frames = Frames.Of(sides[0], sides[1]);
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions { IntraOpThreads = Environment.ProcessorCount });
        using var solver = new FlowSolver(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), Environment.ProcessorCount);
        GC.Collect();
        double before = Environment.WorkingSet / Mebibyte;
        solver.Encode(frames.Frames[0], frames.Frames[1]);
        solver.Decode(solver.Solve(RowGrant.Of(bundle.Manifest.Defaults.Tolerance, bundle.Manifest.Defaults.MaxEvaluations), []).State);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{before} {process.PeakWorkingSet64 / Mebibyte} {solver.LaneBytes / Mebibyte}"));
        return 0;
    }
}

/// <summary>The memory of one pair.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="BeforeMiB">Resident with the model open.</param>
/// <param name="PeakMiB">The most that was ever resident.</param>
/// <param name="BytesPerPixel">What the peak is above that, per pixel of a frame.</param>
/// <param name="LaneMiB">Of which inputs, injections, states and answers of the lane.</param>
internal sealed record MemoryRow(int Width, int Height, double BeforeMiB, double PeakMiB, double BytesPerPixel, double LaneMiB);
