using System.Diagnostics;

namespace Deq.Benchmarks.Serving;

/// <summary>Asks a server every now and then whether it is alive, and notes how long the answer takes.</summary>
internal sealed class Liveness : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly List<double> _milliseconds = [];
    private readonly Task _asking;

    public Liveness(ApiProcess server) => _asking = Task.Run(() => AskAsync(server));

    /// <summary>How long each answer took, in milliseconds, once asking has ended. A failure took forever.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _asking;
        _end.Dispose();
    }

    private async Task AskAsync(ApiProcess server)
    {
        using HttpClient client = server.NewClient();
        while (!_end.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            using HttpResponseMessage response = await client.GetAsync("/healthz/live");
            _milliseconds.Add(response.IsSuccessStatusCode ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : double.PositiveInfinity);
            await Task.Delay(s_period);
        }
    }
}
