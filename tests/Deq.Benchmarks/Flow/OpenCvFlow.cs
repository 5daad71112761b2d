using System.Diagnostics;
using System.Globalization;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using SkiaSharp;

namespace Deq.Benchmarks.Flow;

/// <summary>OpenCV's DIS in a Python process that stays open; what needs <c>python3-opencv</c> of Debian or <c>opencv-python</c>.</summary>
internal sealed class OpenCvFlow : IDisposable
{
    private static readonly ImageLimits s_limits = new() { MaxBytes = 1 << 28, MaxWidth = 32_768, MaxHeight = 32_768, MaxPixels = 50_000_000, MaxDecodeTime = TimeSpan.FromMinutes(1) };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("deq-flow-");
    private readonly Process _process;

    public OpenCvFlow(string python, int threads)
    {
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "Flow", "opencv_flow.py"), $"{threads}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{python} did not start.");
    }

    /// <summary>The flow by DIS fast and medium, with wall and processor milliseconds of each.</summary>
    public (PeerFlow Fast, PeerFlow Medium) Estimate(DecodedImage first, DecodedImage second)
    {
        (string one, string two, string output) = (Path.Combine(_folder.FullName, "1.png"), Path.Combine(_folder.FullName, "2.png"), Path.Combine(_folder.FullName, "flow"));
        File.WriteAllBytes(one, Png(first));
        File.WriteAllBytes(two, Png(second));
        _process.StandardInput.WriteLine($"{one}\t{two}\t{output}");
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("OpenCV gave no answer.");
        double[] times = [.. line.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (Read("fast", times[0], times[1]), Read("medium", times[2], times[3]));

        PeerFlow Read(string name, double wall, double processor) => new(MiddleburyFlow.Read(File.ReadAllBytes($"{output}.{name}.flo"), s_limits), wall, processor);
    }

    /// <summary>A frame as a client would send it.</summary>
    public static byte[] Png(DecodedImage image)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        image.Pixels.CopyTo(bitmap.GetPixelSpan());
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>One estimate and what it took; medians.</summary>
internal sealed record PeerFlow(FlowField Flow, double WallMs, double ProcessorMs);
