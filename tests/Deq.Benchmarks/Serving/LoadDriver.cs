using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Deq.Benchmarks.Serving;

/// <summary>How one request of a load ended.</summary>
/// <param name="Request">What was sent.</param>
/// <param name="LatencyMs">From the time at which the last attempt was due to the answer as the client has it.</param>
/// <param name="Status">HTTP status of the last attempt; 0 when the connection failed.</param>
/// <param name="Stop">Why the solve ended.</param>
/// <param name="HasResidual">Whether the answer has one.</param>
/// <param name="SpentMs">What the server says the answer took.</param>
/// <param name="Refusals">Attempts that were refused with 503 or 429.</param>
internal sealed record LoadOutcome(
    LoadRequest Request, double LatencyMs, int Status, string? Stop, bool HasResidual, double SpentMs, int Refusals)
{
    /// <summary>Whether an answer came, and in time.</summary>
    public bool IsInTime => Status == 200 && LatencyMs <= Request.DeadlineMs;

    /// <summary>Whether it came in time and was not cut short by its deadline.</summary>
    public bool IsComplete => IsInTime && Stop is "tolerance" or "evaluations";

    /// <summary>Whether something else happened than an answer or a polite refusal.</summary>
    public bool IsError => Status is not (200 or 503 or 429);
}

/// <summary>Sends requests to a server.</summary>
internal sealed class LoadDriver(ApiProcess server, string model)
{
    private const int Attempts = 3;

    /// <summary>Open loop: sends every request when it is due, whatever has become of those before, and waits for all of them.</summary>
    /// <param name="requests">In the order of their times.</param>
    /// <param name="retries">Whether a refused request is sent again after its Retry-After, three times in all.</param>
    public async Task<IReadOnlyList<LoadOutcome>> SendAsync(IReadOnlyList<LoadRequest> requests, bool retries)
    {
        var outcomes = new Task<LoadOutcome>[requests.Count];
        var sender = new Thread(() =>
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < requests.Count; i++)
            {
                while (Stopwatch.GetElapsedTime(start) < requests[i].At)
                {
                    Thread.Sleep(1);
                }

                LoadRequest request = requests[i];
                long due = start + (long)(request.At.TotalSeconds * Stopwatch.Frequency);
                outcomes[i] = Task.Run(() => TryAsync(request, due, retries));
            }
        });
        sender.Start();
        await Task.Run(sender.Join);
        return await Task.WhenAll(outcomes);
    }

    /// <summary>Closed loop: so many clients, each with one request under way. The answers per second are what the server can do.</summary>
    public async Task<double> CapacityAsync(LoadMix mix, int clients, TimeSpan time)
    {
        int answers = 0;
        IEnumerator<LoadRequest> requests = mix.Endless().GetEnumerator();
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                LoadRequest request;
                lock (requests)
                {
                    requests.MoveNext();
                    request = requests.Current;
                }

                LoadOutcome outcome = await TryAsync(request, Stopwatch.GetTimestamp(), retries: false);
                if (outcome.Status == 200)
                {
                    Interlocked.Increment(ref answers);
                }
            }
        })));
        return answers / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<LoadOutcome> TryAsync(LoadRequest request, long due, bool retries)
    {
        for (int refusals = 0; ; refusals++)
        {
            (LoadOutcome outcome, TimeSpan? wait) = await SendAsync(request, due, refusals);
            if (wait is not { } pause || !retries || refusals + 1 == Attempts)
            {
                return outcome;
            }

            await Task.Delay(pause);
            due = Stopwatch.GetTimestamp();
        }
    }

    private async Task<(LoadOutcome Outcome, TimeSpan? Wait)> SendAsync(LoadRequest request, long due, int refusals)
    {
        try
        {
            using HttpRequestMessage message = Message(model, request);
            using HttpResponseMessage response = await server.Client.SendAsync(message);
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            double latencyMs = Stopwatch.GetElapsedTime(due).TotalMilliseconds;
            int status = (int)response.StatusCode;
            if (status != 200)
            {
                bool isRefusal = status is 503 or 429;
                return (new LoadOutcome(request, latencyMs, status, null, false, 0, refusals + (isRefusal ? 1 : 0)),
                    isRefusal ? response.Headers.RetryAfter?.Delta : null);
            }

            using var json = JsonDocument.Parse(body);
            JsonElement solve = json.RootElement.GetProperty("solve");
            return (new LoadOutcome(
                request, latencyMs, status, solve.GetProperty("stop").GetString(), solve.GetProperty("residual").ValueKind == JsonValueKind.Number,
                solve.GetProperty("spentMs").GetDouble(), refusals), null);
        }
        catch (HttpRequestException)
        {
            return (new LoadOutcome(request, Stopwatch.GetElapsedTime(due).TotalMilliseconds, 0, null, false, 0, refusals), null);
        }
    }

    /// <summary>A request as it is sent.</summary>
    public static HttpRequestMessage Message(string model, LoadRequest request)
    {
        var content = new ByteArrayContent(request.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add("X-Tensor-Shape", LoadMix.Shape);
        return new HttpRequestMessage(
            HttpMethod.Post,
            $"/api/v1/models/{model}/classify?top=1&tolerance={request.Tolerance}&maxEvaluations={request.MaxEvaluations}&deadlineMs={request.DeadlineMs}")
        {
            Content = content,
        };
    }
}
