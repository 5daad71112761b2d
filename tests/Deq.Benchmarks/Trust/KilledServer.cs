using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Deq.Benchmarks.Serving;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Trust;

/// <summary>Feedback of many clients to a server that is killed on the way: none that was acknowledged may be lost, and trust must equal a recount.</summary>
internal sealed class KilledServer
{
    private const int Clients = 16;
    private const int Kills = 3;
    private const int AnswersAtOnce = 8;
    private const string Ensemble = "/api/v1/ensembles/trio";

    private static readonly string[] s_members = ["a", "b", "c"];

    private readonly ConcurrentDictionary<string, (int Right, int Wrong)> _recount = new();
    private readonly ConcurrentBag<(string Answer, string Label)> _acknowledged = [];
    private readonly string _folder;
    private readonly int _feedbacks;
    private ApiProcess _server;
    private int _left;
    private int _repeated;

    private KilledServer(string folder, int feedbacks)
    {
        (_folder, _feedbacks, _left) = (folder, feedbacks, feedbacks);
        _server = Start();
    }

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--feedbacks") is not { } report)
        {
            return 2;
        }

        using var folder = new TemporaryFolder();
        for (int i = 0; i < s_members.Length; i++)
        {
            TinyBundle.Write(folder[$"models/{s_members[i]}"], new TinyBundleOptions { Name = s_members[i], Seed = i + 1 });
        }

        Directory.CreateDirectory(folder["ensembles"]);
        File.WriteAllText(folder["ensembles/trio.json"], """{ "members": [ { "model": "a" }, { "model": "b" }, { "model": "c" } ] }""");
        var run = new KilledServer(folder.Path, int.Parse(report["--feedbacks"] ?? "100000", CultureInfo.InvariantCulture));
        KilledResult result = run.MeasureAsync().GetAwaiter().GetResult();
        report.Write(Page(result), result);
        return result is { Lost: 0, EqualsRecount: true } ? 0 : 1;
    }

    private async Task<KilledResult> MeasureAsync()
    {
        long began = TimeProvider.System.GetTimestamp();
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(() => ClientAsync(client)))];
        for (int kill = 1; kill <= Kills; kill++)
        {
            while (_acknowledged.Count < (long)_feedbacks * kill / (Kills + 1))
            {
                await Task.Delay(20);
            }

            _server.Dispose();
            _server = Start();
        }

        await Task.WhenAll(clients);
        double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        _server.Dispose();
        _server = Start();
        int lost = await LostAsync();
        bool equals = await EqualsRecountAsync();
        _server.Dispose();
        return new KilledResult(_acknowledged.Count, lost, equals, _repeated, Kills, Math.Round(_feedbacks / seconds));
    }

    private ApiProcess Start() => ApiProcess.Start(
        Path.Combine(_folder, "models"), $"--Ensembles:Database={Path.Combine(_folder, "trust.db")}", "--Engine:Threads=1", "--Engine:RowsPerThread=8",
        "--Limits:ClientRequests=64");

    /// <summary>Asks for answers and gives feedback on each until enough were given by all clients; a request that fails is sent again.</summary>
    private async Task ClientAsync(int client)
    {
        var random = new Random(client);
        while (Interlocked.Add(ref _left, -AnswersAtOnce) > -AnswersAtOnce)
        {
            JsonElement answers = await AskAsync(random);
            foreach (JsonElement answer in answers.GetProperty("results").EnumerateArray())
            {
                string label = random.Next(5) > 0 ? answer.GetProperty("label").GetString()! : "star";
                await GiveAsync(answer, label);
            }
        }
    }

    private async Task<JsonElement> AskAsync(Random random)
    {
        byte[] images = new byte[AnswersAtOnce * TinyBundle.InputLength * sizeof(float)];
        for (int i = 0; i < images.Length; i += sizeof(float))
        {
            BitConverter.TryWriteBytes(images.AsSpan(i), random.NextSingle());
        }

        using HttpResponseMessage response = await SendAsync(() =>
        {
            var content = new ByteArrayContent(images);
            content.Headers.Add("Content-Type", "application/octet-stream");
            content.Headers.Add("X-Tensor-Shape", $"{AnswersAtOnce},1,{TinyBundle.Side},{TinyBundle.Side}");
            return new HttpRequestMessage(HttpMethod.Post, $"{Ensemble}/classify") { Content = content };
        });
        response.EnsureSuccessStatusCode();
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    private async Task GiveAsync(JsonElement answer, string label)
    {
        string id = answer.GetProperty("answer").GetString()!;
        using HttpResponseMessage response = await SendAsync(() => Feedback(id, label));
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            // The server had counted it and was killed before it could say so.
            Interlocked.Increment(ref _repeated);
        }
        else
        {
            response.EnsureSuccessStatusCode();
        }

        _acknowledged.Add((id, label));
        foreach (JsonElement vote in answer.GetProperty("votes").EnumerateArray())
        {
            int right = vote.GetProperty("label").GetString() == label ? 1 : 0;
            _recount.AddOrUpdate(vote.GetProperty("member").GetString()!, (right, 1 - right), (_, counts) => (counts.Right + right, counts.Wrong + 1 - right));
        }
    }

    private static HttpRequestMessage Feedback(string id, string label) =>
        new(HttpMethod.Post, $"{Ensemble}/feedback") { Content = JsonContent.Create(new { answer = id, label }) };

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request)
    {
        while (true)
        {
            try
            {
                HttpResponseMessage response = await _server.Client.SendAsync(request());
                if ((int)response.StatusCode < 500)
                {
                    return response;
                }
            }
            catch (Exception fault) when (fault is HttpRequestException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
            {
                // The server is down; the next one is on its way.
            }

            await Task.Delay(50);
        }
    }

    /// <summary>How many of the acknowledged feedbacks a server that was started anew does not know.</summary>
    private async Task<int> LostAsync()
    {
        int lost = 0;
        await Parallel.ForEachAsync(_acknowledged, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (given, _) =>
        {
            using HttpResponseMessage response = await SendAsync(() => Feedback(given.Answer, given.Label));
            string kind = response.StatusCode == HttpStatusCode.Conflict ? await response.Content.ReadAsStringAsync(CancellationToken.None) : "";
            if (!kind.Contains("feedback-repeated", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref lost);
            }
        });
        return lost;
    }

    private async Task<bool> EqualsRecountAsync()
    {
        JsonElement trust = JsonElement.Parse(await _server.Client.GetStringAsync($"{Ensemble}/trust"));
        return trust.GetProperty("members").EnumerateArray().All(count =>
            _recount[count.GetProperty("member").GetString()!] == ((int)count.GetProperty("right").GetDouble(), (int)count.GetProperty("wrong").GetDouble()))
            && trust.GetProperty("members").GetArrayLength() == _recount.Count;
    }

    private static string Page(KilledResult result) => string.Create(CultureInfo.InvariantCulture, $"""
        # Feedback to a server that is killed

        `dotnet run --project tests/Deq.Benchmarks -c Release -- feedback --json docs/results/feedback.json --markdown docs/results/feedback.md` makes this page.

        {Clients} clients ask an ensemble of three tiny classifiers and give feedback on each answer; the server is killed (SIGKILL) {result.Kills} times on the way and started anew. A request
        without an answer is sent again. At the end every acknowledged feedback is sent once more to a new server, and the clients' own count is compared with the trust.

        | acknowledged feedbacks | of these lost | trust equals the clients' count | counted before a kill, acknowledged after it | feedbacks per second |
        |--:|--:|---|--:|--:|
        | {result.Acknowledged} | {result.Lost} | {(result.EqualsRecount ? "yes" : "no")} | {result.Repeated} | {result.PerSecond} |

        """);

    private sealed record KilledResult(int Acknowledged, int Lost, bool EqualsRecount, int Repeated, int Kills, double PerSecond);
}
