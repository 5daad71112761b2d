using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>A model is loaded anew ten times while 200 requests per second come for it.</summary>
internal static class Reloads
{
    private const int PerSecond = 200;
    private const int Times = 10;
    private const string Classify = $"/api/v1/models/{DoorServer.Model}/classify";

    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(5);

    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        var time = TimeSpan.FromSeconds(60 * scale);
        using var server = new DoorServer(
            [.. DoorServer.Key("infer"), .. DoorServer.Key("manage", "manage"), "--Models:AllowLoading=true", "--Limits:ClientRequests=10000", "--Engine:QueueCapacity=4000"]);
        using HttpClient infer = server.ClientOf("infer");
        using HttpClient manage = server.ClientOf("manage");
        byte[] picture = Fairness.AttackImages.Noise(28, 28, 5);
        var answers = new Answers();
        await answers.SendAsync(infer, Picture(picture));
        List<string> written = [Rewrite(server.Folder, 0)];
        await LoadAsync(manage);

        // What the same requests take of memory without a model loaded anew.
        await FloodAsync(time / 6, () => answers.SendAsync(infer, Picture(picture)));
        await Task.Delay(s_rest);
        long before = server.Process.ResidentBytes;
        List<long> loaded = [];
        int wrong = 0;
        Task flood = FloodAsync(time, () => answers.SendAsync(infer, Picture(picture), (response, body) =>
        {
            if (response.IsSuccessStatusCode && VersionOf(body) is var version && !IsWritten(version))
            {
                Interlocked.Increment(ref wrong);
            }

            return (int)response.StatusCode;
        }));
        for (int load = 1; load <= Times; load++)
        {
            await Task.Delay(time / (Times + 2));
            string version = Rewrite(server.Folder, load);
            lock (written)
            {
                written.Add(version);
            }

            await LoadAsync(manage);
            loaded.Add(server.Process.ResidentBytes);
        }

        await flood;
        await Task.Delay(s_rest);
        long after = server.Process.ResidentBytes;
        int failed = answers.Others(status => status == 200);
        return new DoorRow
        {
            Name = "reload",
            Load = $"{PerSecond} requests per second for {time.TotalSeconds:0} s, the model loaded anew {Times} times",
            Measured = $"{answers.Count} answers ({answers.Statuses}), {failed} failed, {wrong} of a version that was not there, p99 {answers.Milliseconds(0.99):0} ms, " +
                $"memory before {before >> 20}, after each load {string.Join(", ", loaded.Select(bytes => bytes >> 20))}, at rest {after >> 20} MiB",
            MustBe = "0 failed, 0 of a half-opened bundle, memory back",
            IsMet = failed == 0 && wrong == 0 && after < 1.15 * before,
            IsWhole = scale >= 1,
        };

        bool IsWritten(string? version)
        {
            lock (written)
            {
                return version is "1.0.0" || written.Contains(version!);
            }
        }
    }

    /// <summary>Gives the bundle another version, which only its manifest holds.</summary>
    private static string Rewrite(string folder, int load)
    {
        string path = Path.Combine(folder, "manifest.json");
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        string version = $"1.0.{load + 1}";
        manifest["version"] = version;
        File.WriteAllText(path, manifest.ToJsonString());
        return version;
    }

    private static async Task LoadAsync(HttpClient manage)
    {
        using HttpResponseMessage loaded = await manage.PostAsync($"/v2/repository/models/{DoorServer.Model}/load", null);
        loaded.EnsureSuccessStatusCode();
    }

    /// <summary>Open loop: each request is sent when it is due, whatever has become of those before.</summary>
    private static async Task FloodAsync(TimeSpan time, Func<Task> send)
    {
        List<Task> sent = [];
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) is var passed && passed < time)
        {
            while (sent.Count < passed.TotalSeconds * PerSecond)
            {
                sent.Add(Task.Run(send));
            }

            await Task.Delay(5);
        }

        await Task.WhenAll(sent);
    }

    private static string? VersionOf(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("version").GetString();
    }

    private static HttpRequestMessage Picture(byte[] picture)
    {
        var content = new ByteArrayContent(picture);
        content.Headers.ContentType = new("image/png");
        return new HttpRequestMessage(HttpMethod.Post, Classify) { Content = content };
    }
}
