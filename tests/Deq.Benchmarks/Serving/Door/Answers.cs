using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>Counts how requests end, by status, and how long they take. Thread-safe.</summary>
internal sealed class Answers
{
    /// <summary>The status of a request without an answer.</summary>
    public const int None = 0;

    private readonly ConcurrentDictionary<int, int> _statuses = new();
    private readonly ConcurrentBag<double> _milliseconds = [];

    public int Count => _statuses.Values.Sum();

    /// <summary>Those whose status is not one of some.</summary>
    public int Others(Func<int, bool> isExpected) => _statuses.Where(pair => !isExpected(pair.Key)).Sum(pair => pair.Value);

    /// <summary>Statuses with their numbers, such as <c>200: 17</c>.</summary>
    public string Statuses => string.Join(", ", _statuses.OrderBy(pair => pair.Key).Select(pair => $"{(pair.Key == None ? "no answer" : pair.Key)}: {pair.Value}"));

    /// <summary>A quantile of the times, in milliseconds.</summary>
    public double Milliseconds(double share) => Quantiles.Of(_milliseconds, share);

    /// <summary>Sends a request, looks at its answer, and counts it.</summary>
    /// <param name="client">Sends it.</param>
    /// <param name="message">Disposed here.</param>
    /// <param name="statusOf">What counts as its status. Default null: that of HTTP.</param>
    public async Task SendAsync(HttpClient client, HttpRequestMessage message, Func<HttpResponseMessage, string, int>? statusOf = null)
    {
        using (message)
        {
            await CountAsync(async () =>
            {
                using HttpResponseMessage response = await client.SendAsync(message);
                string body = await response.Content.ReadAsStringAsync();
                return statusOf?.Invoke(response, body) ?? (int)response.StatusCode;
            });
        }
    }

    /// <summary>Counts the status with which a request ends.</summary>
    public async Task CountAsync(Func<Task<int>> sendAsync)
    {
        long begun = Stopwatch.GetTimestamp();
        int status = None;
        try
        {
            status = await sendAsync();
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException or SocketException)
        {
            // Counted as no answer.
        }

        _milliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        _statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
    }

    /// <summary>Has clients share a number of requests, each with one under way.</summary>
    /// <param name="clients">How many.</param>
    /// <param name="requests">How many in all.</param>
    /// <param name="send">Sends the request of a number.</param>
    public static Task ShareAsync(int clients, int requests, Func<int, Task> send)
    {
        int next = -1;
        return Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            for (int request = Interlocked.Increment(ref next); request < requests; request = Interlocked.Increment(ref next))
            {
                await send(request);
            }
        })));
    }
}
