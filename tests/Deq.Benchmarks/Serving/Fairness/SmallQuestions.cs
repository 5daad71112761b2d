using System.Diagnostics;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>One small request every 100 ms, each sent whether the last was answered or not.</summary>
internal static class SmallQuestions
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks so often.</summary>
    public static async Task<SmallAnswer[]> AskAsync(HttpClient client, Func<HttpRequestMessage> request, int times)
    {
        var answers = new Task<SmallAnswer>[times];
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            TimeSpan early = (i * s_period) - Stopwatch.GetElapsedTime(begun);
            await Task.Delay(early > TimeSpan.Zero ? early : TimeSpan.Zero);
            answers[i] = Task.Run(() => OneAsync(client, request));
        }

        return await Task.WhenAll(answers);
    }

    private static async Task<SmallAnswer> OneAsync(HttpClient client, Func<HttpRequestMessage> request)
    {
        long begun = Stopwatch.GetTimestamp();
        try
        {
            using HttpRequestMessage message = request();
            using HttpResponseMessage response = await client.SendAsync(message);
            return response.IsSuccessStatusCode
                ? new SmallAnswer(Stopwatch.GetElapsedTime(begun).TotalMilliseconds)
                : new SmallAnswer(double.PositiveInfinity, $"status {(int)response.StatusCode}");
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return new SmallAnswer(double.PositiveInfinity, (fault.InnerException ?? fault).Message);
        }
    }
}

/// <summary>How a small question ended.</summary>
/// <param name="Milliseconds">Until the answer; infinity for what was no 200.</param>
/// <param name="Failure">Why there was none.</param>
internal readonly record struct SmallAnswer(double Milliseconds, string? Failure = null);
