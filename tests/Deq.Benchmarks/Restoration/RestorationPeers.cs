using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Benchmarks.Restoration;

/// <summary>A method of a library on one kind of damage; means over pictures.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Restored">PSNR, dB, of the best strength for each picture.</param>
/// <param name="Milliseconds">Per picture, on one thread.</param>
internal sealed record PeerResult(string Method, double Restored, double Milliseconds);

/// <summary>What libraries make of the same damaged pictures, by a Python program; what needs <c>python3-skimage</c> and <c>python3-opencv</c> of Debian.</summary>
internal static class RestorationPeers
{
    private const float Grey = 255;

    /// <summary>Runs the methods that suit each damage.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="pictures">Undamaged.</param>
    /// <param name="bm3d">On how many pictures BM3D runs, seconds each.</param>
    /// <returns>By the place of the damage in <see cref="Damage.All"/>.</returns>
    public static IReadOnlyList<IReadOnlyList<PeerResult>> Measure(string python, IReadOnlyList<GreyPicture> pictures, int bm3d)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("deq-restore-");
        try
        {
            object[] index = [.. Damage.All.SelectMany((damage, kind) => pictures.Select((picture, place) => Written(folder, damage, kind, picture, place, place < bm3d)))];
            File.WriteAllText(Path.Combine(folder.FullName, "index.json"), JsonSerializer.Serialize(index));
            return Read(Run(python, folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static object Written(DirectoryInfo folder, Damage damage, int kind, GreyPicture picture, int place, bool bm3d)
    {
        DamagedPicture damaged = damage.Apply(picture, place);
        Degradation degradation = damaged.Degradation;
        var files = new Dictionary<string, string> { ["truth"] = Plane("truth", damaged.Clean.Pixels), ["measured"] = Plane("measured", damaged.Measured) };
        if (degradation is { Name: Degradation.Blur, Kernel: { } kernel })
        {
            // A convolution kernel, as libraries take it: the taps turned by half a turn.
            files["kernel"] = Plane("kernel", [.. kernel.Taps.Reverse()], scale: 1);
        }

        if (degradation.Known is { } known)
        {
            files["missing"] = Plane("missing", [.. known.Select(isKnown => isKnown ? 0f : 1f)]);
        }

        return new
        {
            name = $"{kind}",
            kind = degradation.Name == Degradation.Identity ? "noise" : degradation.Name,
            sigma = damage.Sigma,
            factor = degradation.Factor,
            height = damaged.Height,
            width = damaged.Width,
            size = degradation.Kernel?.Size ?? 0,
            bm3d,
            files,
        };

        string Plane(string name, IReadOnlyList<float> pixels, float scale = Grey)
        {
            string file = $"{kind}-{place}.{name}";
            float[] scaled = [.. pixels.Select(pixel => scale * pixel)];
            File.WriteAllBytes(Path.Combine(folder.FullName, file), MemoryMarshal.AsBytes(scaled.AsSpan()));
            return file;
        }
    }

    private static string[] Run(string python, string folder)
    {
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "Restoration", "restoration_peers.py"), folder])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{python} did not start.");
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0 ? lines : throw new InvalidOperationException($"{python} ended with {process.ExitCode}.");
    }

    private static IReadOnlyList<IReadOnlyList<PeerResult>> Read(string[] lines)
    {
        JsonElement[] answers = [.. lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        return [.. Damage.All.Select((_, kind) => (IReadOnlyList<PeerResult>)
        [
            .. answers.Where(answer => answer.GetProperty("name").GetString() == $"{kind}")
                .SelectMany(answer => answer.GetProperty("methods").EnumerateObject())
                .GroupBy(method => method.Name)
                .Select(method => new PeerResult(method.Key, method.Average(one => one.Value[0].GetDouble()), method.Average(one => one.Value[1].GetDouble()))),
        ])];
    }
}
