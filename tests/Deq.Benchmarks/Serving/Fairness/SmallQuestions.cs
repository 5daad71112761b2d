using System.Diagnostics;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>One small request every 100 ms, each sent whether the last was answered or not.</summary>
internal static class SmallQuestions
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks so often; milliseconds of each answer, and infinity for what was no 200.</summary>
    public static async Task<double[]> AskAsync(HttpClient client, Func<HttpRequestMessage> request, int times)
    {
        var answers = new Task<double>[times];
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            TimeSpan early = (i * s_period) - Stopwatch.GetElapsedTime(begun);
            await Task.Delay(early > TimeSpan.Zero ? early : TimeSpan.Zero);
            answers[i] = Task.Run(() => OneAsync(client, request));
        }

        return await Task.WhenAll(answers);
    }

    private static async Task<double> OneAsync(HttpClient client, Func<HttpRequestMessage> request)
    {
        long begun = Stopwatch.GetTimestamp();
        try
        {
            using HttpRequestMessage message = request();
            using HttpResponseMessage response = await client.SendAsync(message);
            return response.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(begun).TotalMilliseconds : double.PositiveInfinity;
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return double.PositiveInfinity;
        }
    }
}
