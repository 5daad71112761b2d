using Deq.Api.Models;
using Deq.Api.Specs.Servers;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing;
using Deq.Testing.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Deq.Api.Specs.Models;

public sealed class EngineLifetimeSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10, 8)]
    [InlineData(2, 1)]
    public async Task Cuts_solves_short_while_their_clients_can_still_be_answered(int patience, int cutAfter)
    {
        var clock = new SteppedClock();
        var engine = new InferenceEngine(
            Server.Model, new LinearModel(4) { Slope = 0.99999f, Evaluating = _ => Thread.Sleep(1) }, new EngineOptions { Threads = 1, RowsPerThread = 1 });
        await using var catalogue = new ModelCatalogue([new ServedModel(Server.Manifest, Server.Hash, engine)]);
        using var host = new StoppedHost();
        using var lifetime = new EngineLifetime(catalogue, host, Options.Create(new HostOptions { ShutdownTimeout = TimeSpan.FromSeconds(patience) }), clock);
        await lifetime.StartAsync(Cancellation);
        engine.Submit([Endless()], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers);
        Assert.True(SpinWait.SpinUntil(() => engine.Running == 1, s_patience));

        host.StopApplication();
        clock.Advance(TimeSpan.FromSeconds(cutAfter) - TimeSpan.FromMilliseconds(1));
        bool isEarly = answers[0].IsCompleted;
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(isEarly);
        Assert.Equal(StopReason.Cancelled, (await answers[0].WaitAsync(s_patience, Cancellation)).Solution.Stop);
    }

    private static InferenceRequest<float[]> Endless() => new()
    {
        Input = numbers => numbers.Fill(1),
        Output = numbers => numbers.ToArray(),
        Method = FixedPointMethods.Find("picard")!,
        Tolerance = new Tolerance { Limit = 1e-9 },
        Budget = new Budget { Evaluations = 1_000_000 },
    };

    private sealed class StoppedHost : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
