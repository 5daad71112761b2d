using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>A hundred thousand requests of the Open Inference Protocol.</summary>
internal static class ProtocolRequests
{
    private const int Clients = 16;

    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int requests = (int)(100_000 * scale);
        using var server = new DoorServer();
        using HttpClient client = server.Process.NewClient();
        var answers = new Answers();
        long begun = Stopwatch.GetTimestamp();
        await Answers.ShareAsync(Clients, requests, request => answers.SendAsync(
            client, new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(Body(request), Encoding.UTF8, "application/json") }, (response, body) => StatusOf(response, body, request)));
        double perSecond = requests / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        int errors = answers.Others(status => status == 200);
        return new DoorRow
        {
            Name = "requests",
            Load = $"{requests} inferences over REST by {Clients} clients",
            Measured = $"{answers.Statuses}; {errors} errors, {perSecond:0} per second, p50 {answers.Milliseconds(0.5):0.0} ms, p99 {answers.Milliseconds(0.99):0.0} ms",
            MustBe = "0 errors",
            IsMet = errors == 0,
            IsWhole = scale >= 1,
        };
    }

    /// <summary>The path of inference.</summary>
    public const string Path = $"/v2/models/{DoorServer.Model}/infer";

    /// <summary>The request of a number.</summary>
    public static string Body(int request)
    {
        var random = new Random(request);
        float[] image = [.. Enumerable.Range(0, 28 * 28).Select(_ => (2 * random.NextSingle()) - 1)];
        return $$"""{"id":"{{request}}","parameters":{"deq_max_evaluations":4},"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,28,28],"data":{{JsonSerializer.Serialize(image)}}}]}""";
    }

    /// <summary>200 only of an answer with the request's own id and as many logits as classes.</summary>
    private static int StatusOf(HttpResponseMessage response, string body, int request)
    {
        if (!response.IsSuccessStatusCode)
        {
            return (int)response.StatusCode;
        }

        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("id").GetString() == $"{request}" && json.RootElement.GetProperty("outputs")[0].GetProperty("data").GetArrayLength() == 10 ? 200 : Answers.None;
    }
}
