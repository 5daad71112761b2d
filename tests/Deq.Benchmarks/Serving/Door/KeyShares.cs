using System.Globalization;
using System.Text.RegularExpressions;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>Two keys of weight 1 and 3 flood the server, a third asks one small question every 100 ms.</summary>
internal static partial class KeyShares
{
    private const int Connections = 24;

    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int questions = (int)(600 * scale);
        using var server = new DoorServer(
            [.. DoorServer.Key("light"), .. DoorServer.Key("heavy", weight: 3), .. DoorServer.Key("small"), .. DoorServer.Key("watch", "observe"), "--Engine:Threads=2", "--Engine:RowsPerThread=1"]);
        using HttpClient watch = server.ClientOf("watch");
        using HttpClient small = server.ClientOf("small");
        double[] quiet = await AskAsync(small, questions / 2);
        using var end = new CancellationTokenSource();
        var floods = new Answers();
        Task[] flooding = [FloodAsync(server, "light", floods, end.Token), FloodAsync(server, "heavy", floods, end.Token)];
        await Task.Delay(TimeSpan.FromSeconds(3));
        (double lightBefore, double heavyBefore) = await UsedAsync(watch);
        double[] busy = await AskAsync(small, questions);
        (double lightAfter, double heavyAfter) = await UsedAsync(watch);
        await end.CancelAsync();
        await Task.WhenAll(flooding);
        double ratio = (heavyAfter - heavyBefore) / (lightAfter - lightBefore);
        (double quietP99, double busyP99) = (Quantiles.Of(quiet, 0.99), Quantiles.Of(busy, 0.99));
        int refused = busy.Count(double.IsInfinity);
        return new DoorRow
        {
            Name = "shares",
            Load = $"keys of weight 1 and 3 flood by {Connections} connections each, a third asks {questions} small questions",
            Measured = $"engine time 1 : {ratio:0.00}; the third's p99 {busyP99:0.0} ms against {quietP99:0.0} ms alone ({busyP99 / quietP99:0.0} ×), {refused} of its {questions} questions refused; floods {floods.Statuses}",
            MustBe = "1 : 3 within 10 %, p99 ≤ 4 × quiet, none refused",
            IsMet = ratio is >= 2.7 and <= 3.3 && busyP99 <= 4 * quietP99 && refused == 0,
            IsWhole = scale >= 1,
        };
    }

    private static async Task<double[]> AskAsync(HttpClient client, int questions)
    {
        byte[] picture = Fairness.AttackImages.Noise(28, 28, 3);
        return [.. (await Fairness.SmallQuestions.AskAsync(client, () => Message(picture, ""), questions)).Select(answer => answer.Milliseconds)];
    }

    private static Task FloodAsync(DoorServer server, string key, Answers answers, CancellationToken end) => Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => Task.Run(async () =>
    {
        using HttpClient client = server.ClientOf(key);
        byte[] picture = Fairness.AttackImages.Noise(28, 28, connection);
        while (!end.IsCancellationRequested)
        {
            await answers.SendAsync(client, Message(picture, "?tolerance=0.00001&maxEvaluations=64"));
        }
    })));

    private static HttpRequestMessage Message(byte[] picture, string query)
    {
        var content = new ByteArrayContent(picture);
        content.Headers.ContentType = new("image/png");
        return new HttpRequestMessage(HttpMethod.Post, $"/api/v1/models/{DoorServer.Model}/classify{query}") { Content = content };
    }

    private static async Task<(double Light, double Heavy)> UsedAsync(HttpClient watch)
    {
        string metrics = await watch.GetStringAsync("/metrics");
        return (Of("light"), Of("heavy"));

        double Of(string key) => Engine().Matches(metrics).Where(match => match.Groups["key"].Value == key).Sum(match => double.Parse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("""^deq_usage_engine_seconds_total\{[^}]*key="key (?<key>\w+)"[^}]*\} (?<seconds>[0-9.eE+-]+)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Engine();
}
