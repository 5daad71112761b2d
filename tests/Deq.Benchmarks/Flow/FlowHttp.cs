using System.Diagnostics;
using System.Globalization;
using Deq.Benchmarks.Serving;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Runtime.Imaging;
using SkiaSharp;

namespace Deq.Benchmarks.Flow;

/// <summary>What the running server adds to a pair of frames: the round trip less what its answer says was spent on it.</summary>
internal static class FlowHttp
{
    private const int WarmUps = 4;
    private static readonly string[] Formats = ["application/json", "application/octet-stream"];

    /// <summary>Sends the same two PNG files again and again, one request after the other.</summary>
    /// <param name="directory">A flow model in a folder of models.</param>
    /// <param name="frames">At least two frames; the first two are sent.</param>
    /// <param name="evaluations">The budget; the tolerance is the model's.</param>
    /// <param name="repeats">Requests per format.</param>
    public static IReadOnlyList<FlowHttpRow> Measure(string directory, FlowClip frames, int evaluations, int repeats)
    {
        string model = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));
        byte[][] files = [.. frames.Frames.Take(2).Select(Png)];
        using ApiProcess server = ApiProcess.Start(Path.GetDirectoryName(Path.GetFullPath(directory))!, "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        return [.. Formats.Select(format => Measure(server, model, files, format, evaluations, repeats))];
    }

    private static FlowHttpRow Measure(ApiProcess server, string model, byte[][] files, string format, int evaluations, int repeats)
    {
        List<(double Whole, double Spent, int Evaluations)> trips = [];
        for (int i = -WarmUps; i < repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            (double spent, int made) = SendAsync(server.Client, model, files, format, evaluations).GetAwaiter().GetResult();
            if (i >= 0)
            {
                trips.Add((Stopwatch.GetElapsedTime(start).TotalMilliseconds, spent, made));
            }
        }

        return new FlowHttpRow(
            format,
            trips[0].Evaluations,
            Quantiles.Of(trips.Select(trip => trip.Whole), 0.5),
            Quantiles.Of(trips.Select(trip => trip.Spent), 0.5),
            Quantiles.Of(trips.Select(trip => trip.Whole - trip.Spent), 0.5));
    }

    private static async Task<(double Spent, int Evaluations)> SendAsync(HttpClient client, string model, byte[][] files, string format, int evaluations)
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(files[0]), "frame1", "1.png" },
            { new ByteArrayContent(files[1]), "frame2", "2.png" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/models/{model}/flow?maxEvaluations={evaluations}") { Content = form };
        request.Headers.Accept.ParseAdd(format);
        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsByteArrayAsync();
        return (Number("Deq-Spent-Ms"), (int)Number("Deq-Evaluations"));

        double Number(string header) => double.Parse(response.Headers.GetValues(header).Single(), CultureInfo.InvariantCulture);
    }

    private static byte[] Png(DecodedImage image)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        image.Pixels.CopyTo(bitmap.GetPixelSpan());
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}

/// <summary>One format of answers; medians.</summary>
/// <param name="Format">What the client accepts.</param>
/// <param name="Evaluations">Made for the answer.</param>
/// <param name="RoundTripMs">From the request to the last byte of the answer.</param>
/// <param name="SpentMs">From acceptance to the answer, by the answer's own report; decoding the frames is in it.</param>
/// <param name="AddedMs">The difference, request by request.</param>
internal sealed record FlowHttpRow(string Format, int Evaluations, double RoundTripMs, double SpentMs, double AddedMs);
