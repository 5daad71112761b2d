using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Deq.Benchmarks.Serving;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Benchmarks.Flow;

/// <summary>What the running server does in a time: frames per second of a stream over a WebSocket, and answers within a deadline.</summary>
internal static class FlowRates
{
    private const int Frames = 32;
    private const int Rounds = 4;
    private const int Repeats = 7;
    private const int WarmUps = 30;

    /// <summary>Sends the frames of a clip through a socket without waiting for results, forth and back several times.</summary>
    /// <param name="directory">A flow model in a folder of models.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static StreamRate OfStream(string directory, int width, int height)
    {
        FlowClip clip = new DrawnClips(new() { Width = width, Height = height, Frames = Frames, MaxMotion = 4 }, seed: 1).Draw(0);
        byte[][] there = [.. clip.Frames.Select(OpenCvFlow.Png)];
        byte[][] both = [.. there, .. there.Reverse().Skip(1).SkipLast(1)];
        using ApiProcess server = ServerOf(directory);
        return StreamAsync(server, Path.GetFileName(directory), both, width, height).GetAwaiter().GetResult();
    }

    /// <summary>Posts pairs with truth under a deadline, and without one.</summary>
    /// <param name="directory">A flow model in a folder of models.</param>
    /// <param name="data">Pairs in a known layout; those of 640 × 480 pixels count.</param>
    /// <param name="deadlineMs">Milliseconds.</param>
    public static IReadOnlyList<DeadlineAnswer> OfDeadlines(string directory, string data, int deadlineMs)
    {
        var pairs = FlowDataset.Open(data);
        using ApiProcess server = ServerOf(directory);
        return [.. Enumerable.Range(0, pairs.Count).Select(pairs.Read).Where(pair => (pair.First.Width, pair.First.Height) == (640, 480)).Select(Measured)];

        DeadlineAnswer Measured(FlowPair pair)
        {
            byte[][] files = [OpenCvFlow.Png(pair.First), OpenCvFlow.Png(pair.Second)];
            string path = $"/api/v1/models/{Path.GetFileName(directory)}/flow";
            for (int i = 0; i < WarmUps; i++)
            {
                Post(server, path, files);
            }

            (double WallMs, double SpentMs, FlowField? Flow)[] timed = [.. Enumerable.Range(0, Repeats).Select(_ => Post(server, $"{path}?deadlineMs={deadlineMs}", files))];
            FlowField rest = Post(server, $"{path}?tolerance=0.001&maxEvaluations=96", files).Flow!;
            (double WallMs, double SpentMs, FlowField? Flow)[] counted = [.. timed.Where(one => one.Flow is not null)];
            return new DeadlineAnswer(
                pair.Name,
                timed.Length - counted.Length,
                Quantiles.Of(timed.Select(one => one.WallMs), 0.5),
                Quantiles.Of(timed.Select(one => one.SpentMs), 0.5),
                counted.Select(one => FlowErrors.Measure(pair.Truth, one.Flow!).EndpointError).DefaultIfEmpty(double.NaN).Max(),
                FlowErrors.Measure(pair.Truth, rest).EndpointError);
        }
    }

    private static ApiProcess ServerOf(string directory) => ApiProcess.Start(Path.GetDirectoryName(Path.GetFullPath(directory))!);

    private static async Task<StreamRate> StreamAsync(ApiProcess server, string model, byte[][] frames, int width, int height)
    {
        using HttpResponseMessage opened = await server.Client.PostAsJsonAsync("/api/v1/streams", new { model, output = "application/octet-stream" });
        opened.EnsureSuccessStatusCode();
        string id = (await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws", Path = $"/api/v1/streams/{id}/ws" }.Uri, CancellationToken.None);
        await RoundAsync(socket, frames);
        long began = Stopwatch.GetTimestamp();
        TimeSpan used = server.ProcessorTime;
        (int answered, int warm) = (0, 0);
        for (int round = 0; round < Rounds; round++)
        {
            (int solved, int warmOnes) = await RoundAsync(socket, frames);
            (answered, warm) = (answered + solved, warm + warmOnes);
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new StreamRate(width, height, answered, answered / seconds, (double)warm / answered, (server.ProcessorTime - used).TotalMilliseconds / answered);
    }

    /// <summary>Sends frames and reads their results at the same time: how many were solved, and how many of them warm.</summary>
    private static async Task<(int Solved, int Warm)> RoundAsync(ClientWebSocket socket, byte[][] frames)
    {
        Task sending = Task.Run(async () =>
        {
            foreach (byte[] frame in frames)
            {
                await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            }
        });
        (int count, int warm, int solved) = (0, 0, 0);
        byte[] buffer = new byte[1 << 22];
        while (count < frames.Length)
        {
            JsonElement result = JsonDocument.Parse(await ReadAsync(socket, buffer)).RootElement;
            count++;
            warm += result.GetProperty("warm").GetBoolean() ? 1 : 0;
            if (result.TryGetProperty("bytes", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.Number)
            {
                await ReadAsync(socket, buffer);
                solved++;
            }
        }

        await sending;
        return (solved, warm);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(ClientWebSocket socket, byte[] buffer)
    {
        for (int length = 0; ;)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            length += part.Count;
            if (part.EndOfMessage)
            {
                return buffer.AsMemory(0, length);
            }
        }
    }

    /// <summary>Posts a pair; no flow where the deadline was said to be out of reach.</summary>
    private static (double WallMs, double SpentMs, FlowField? Flow) Post(ApiProcess server, string path, byte[][] files)
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(files[0]), "frame1", "1.png" },
            { new ByteArrayContent(files[1]), "frame2", "2.png" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = form };
        request.Headers.Accept.ParseAdd("application/x-middlebury-flo");
        long begun = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = server.Client.Send(request);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return (Stopwatch.GetElapsedTime(begun).TotalMilliseconds, 0, null);
        }

        response.EnsureSuccessStatusCode();
        byte[] flow = response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
        double wall = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        return (wall, double.Parse(response.Headers.GetValues("Deq-Spent-Ms").Single(), CultureInfo.InvariantCulture), MiddleburyFlow.Read(flow, new ImageLimits()));
    }
}

/// <summary>A stream over a WebSocket, frames sent ahead of results.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Frames">Answered with a flow.</param>
/// <param name="PerSecond">Frames.</param>
/// <param name="WarmShare">Of the frames, 0 to 1.</param>
/// <param name="ProcessorMs">Of the server, per frame.</param>
internal sealed record StreamRate(int Width, int Height, int Frames, double PerSecond, double WarmShare, double ProcessorMs);

/// <summary>A pair under a deadline.</summary>
/// <param name="Pair">Its name.</param>
/// <param name="Refused">Requests whose deadline was said to be out of reach.</param>
/// <param name="WallMs">Round trip, median.</param>
/// <param name="SpentMs">By the answer's own report, median.</param>
/// <param name="Error">EPE, the largest of all answers.</param>
/// <param name="AtRest">EPE of the fixed point.</param>
internal sealed record DeadlineAnswer(string Pair, int Refused, double WallMs, double SpentMs, double Error, double AtRest);
