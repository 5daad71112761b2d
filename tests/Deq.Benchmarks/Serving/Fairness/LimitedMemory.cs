using System.Text;
using System.Text.Json;
using Deq.Benchmarks.Serving.Door;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>The largest pictures and frames, eight at a time, for a server with the memory of a small container.</summary>
internal static class LimitedMemory
{
    private const long MiB = 1 << 20;
    private const long Limit = 512 * MiB;
    private const int Together = 8;
    private const int Times = 24;
    private const string Frames = "multipart/form-data; boundary=x";

    private static readonly string[] s_models = ["fashion-mnist", "flow", "restore"];

    public static async Task<MemoryRow> MeasureAsync()
    {
        using var models = new TemporaryFolder();
        foreach (string model in s_models)
        {
            DoorServer.Copy(Repository.Folder("models", model), models[model]);
        }

        using ControlGroup? group = ControlGroup.TryCreate(Limit);
        using ApiProcess server = ApiProcess.StartFrom(group is null ? HeapLimit() : group.Entering, models.Path);
        List<MemoryKindRow> kinds = [];
        foreach ((string name, Func<int, Task<HttpRequestMessage>> request) in Requests(server))
        {
            if (!server.HasEnded)
            {
                kinds.Add(await AskAsync(server, name, request));
                await Console.Error.WriteLineAsync($"{kinds[^1]} group {group?.PeakBytes / MiB} MiB, {group?.Kills} kills");
            }
        }

        return new MemoryRow
        {
            Bound = group is null ? "DOTNET_GCHeapHardLimit of 384 MiB, three quarters of 512" : $"{group.Kind} of 512 MiB",
            Kinds = kinds,
            PeakResidentMiB = server.HasEnded ? 0 : server.PeakResidentBytes / MiB,
            PeakGroupMiB = group?.PeakBytes / MiB,
            KilledForMemory = group?.Kills ?? 0,
            IsAlive = !server.HasEnded && await IsAliveAsync(server),
        };
    }

    /// <summary>What the runtime takes of a container's 512 MiB for its heap, for a machine without control groups.</summary>
    private static string HeapLimit() => $"export DOTNET_GCHeapHardLimit=0x{Limit / 4 * 3:X}";

    private static IEnumerable<(string Name, Func<int, Task<HttpRequestMessage>> Request)> Requests(ApiProcess server)
    {
        const string Classify = "/api/v1/models/fashion-mnist/classify";
        string[] streams = [.. Enumerable.Range(0, 2 * Together).Select(_ => "")];
        byte[] beyondPng = AttackImages.Colour(6000, 4000, isJpeg: false), beyondJpeg = AttackImages.Colour(6000, 4000, isJpeg: true);
        byte[] mostPng = AttackImages.Colour(2048, 2048, isJpeg: false), mostJpeg = AttackImages.Colour(2048, 2048, isJpeg: true);
        byte[] form = [.. Enumerable.Range(0, 8).SelectMany(_ => Fronts.Part("image", mostJpeg)), .. Fronts.End];
        byte[][] small = [AttackImages.Noise(384, 320, 1), AttackImages.Noise(384, 320, 2)];
        byte[][] large = [AttackImages.Noise(1024, 512, 1), AttackImages.Noise(1024, 512, 2)], middle = [AttackImages.Noise(960, 480, 1), AttackImages.Noise(960, 480, 2)];
        byte[][] pictures = [AttackImages.Noise(1024, 768, 3), AttackImages.Noise(1024, 768, 4)];
        yield return ("PNG of 24 megapixels", _ => Post(Classify, "image/png", beyondPng));
        yield return ("JPEG of 24 megapixels", _ => Post(Classify, "image/jpeg", beyondJpeg));
        yield return ("PNG of 2048 × 2048", _ => Post(Classify, "image/png", mostPng));
        yield return ("JPEG of 2048 × 2048", _ => Post(Classify, "image/jpeg", mostJpeg));
        yield return ("form of eight JPEG of 2048 × 2048", _ => Post(Classify, Frames, form));
        yield return ("pair of frames of 384 × 320", _ => Post("/api/v1/models/flow/flow", Frames, Pair(small)));
        yield return ("pair of frames of 960 × 480", _ => Post("/api/v1/models/flow/flow", Frames, Pair(middle)));
        yield return ("pair of frames of 1024 × 512, the most", _ => Post("/api/v1/models/flow/flow", Frames, Pair(large)));
        yield return ("restoration of 384 × 320", _ => Post("/api/v1/models/restore/restore", Frames, [.. Fronts.Part("image", small[0]), .. Fronts.End]));
        yield return ("restoration of 1024 × 768, the most", _ => Post("/api/v1/models/restore/restore", Frames, [.. Fronts.Part("image", pictures[0]), .. Fronts.End]));
        yield return ("frame of a stream of flow, 1024 × 512", request => FrameAsync(request, "flow", large));
        yield return ("frame of a stream of restorations, 1024 × 768", request => FrameAsync(request, "restore", pictures));

        async Task<HttpRequestMessage> FrameAsync(int request, string model, byte[][] frames)
        {
            // Every stream has one frame under way: those of one number modulo eight come after one another.
            int place = (request % Together) + (model == "flow" ? 0 : Together);
            if (streams[place].Length == 0)
            {
                using var content = new StringContent($$"""{"model":"{{model}}"}""", Encoding.UTF8, "application/json");
                using HttpResponseMessage response = await server.Client.PostAsync("/api/v1/streams", content);
                streams[place] = response.EnsureSuccessStatusCode().Headers.Location!.ToString();
            }

            return await Post(streams[place] + "/frames", "image/png", frames[request / Together % 2]);
        }
    }

    private static byte[] Pair(byte[][] frames) => [.. Fronts.Part("frame1", frames[0]), .. Fronts.Part("frame2", frames[1]), .. Fronts.End];

    private static Task<HttpRequestMessage> Post(string path, string type, byte[] body) => Task.FromResult(new Front(path, path, type, body).Message(body));

    private static async Task<MemoryKindRow> AskAsync(ApiProcess server, string name, Func<int, Task<HttpRequestMessage>> request)
    {
        var answers = new Answers();
        int unnumbered = 0;
        using HttpClient client = server.NewClient();
        await Task.WhenAll(Enumerable.Range(0, Together).Select(async place =>
        {
            for (int number = place; number < Times; number += Together)
            {
                if (server.HasEnded)
                {
                    return;
                }

                await answers.SendAsync(client, await request(number), (response, body) =>
                {
                    if (!response.IsSuccessStatusCode && !HasNumber(body))
                    {
                        Interlocked.Increment(ref unnumbered);
                    }

                    return (int)response.StatusCode;
                });
            }
        }));
        return new MemoryKindRow
        {
            Kind = name,
            Asked = answers.Count,
            Statuses = answers.Statuses,
            RefusedWithoutNumber = unnumbered,
            P50Ms = answers.Milliseconds(0.5),
            PeakResidentMiB = server.HasEnded ? 0 : server.PeakResidentBytes / MiB,
        };
    }

    /// <summary>Whether a problem names its bound, as a member or in its sentence.</summary>
    private static bool HasNumber(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("limit", out JsonElement limit)
                ? limit.GetInt64() > 0
                : json.RootElement.GetProperty("detail").GetString()!.Contains("the most is", StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<bool> IsAliveAsync(ApiProcess server)
    {
        using HttpResponseMessage live = await server.Client.GetAsync("/healthz/live");
        return live.IsSuccessStatusCode;
    }
}
