using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class ClientConnectionSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(0)]
    [InlineData(100 << 10)]
    public async Task Is_known_to_have_ended_once_its_end_has_come_whatever_waits_to_be_read_before_it(int behind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells.");
        const int Most = 200;
        using var begun = new SemaphoreSlim(0);
        int evaluations = 0;
        using var server = new Server(new LinearModel(4)
        {
            Slope = 0.999f,
            Evaluating = _ =>
            {
                Interlocked.Increment(ref evaluations);
                begun.Release();

                // Ten seconds in all, if nobody ends it.
                Thread.Sleep(50);
            },
        });
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        OpenConnections open = server.Services.GetRequiredService<OpenConnections>();
        byte[] head = RawClient.Head($"{Calls.Classify}?maxEvaluations={Most}&tolerance=1e-6", 16, "application/octet-stream\r\nX-Tensor-Shape: 1,2,2");
        using (RawClient one = await RawClient.Connect(client.BaseAddress!))
        {
            await one.Send((byte[])[.. head, .. new byte[16]]);
            Assert.True(await begun.WaitAsync(s_patience, TestContext.Current.CancellationToken));

            // More than the web server reads ahead, and less than the system takes.
            await one.Send(new byte[behind]);
        }

        Assert.True(SpinWait.SpinUntil(() => open.Requests == 0, s_patience), $"{open.Requests} requests");
        Assert.InRange(Volatile.Read(ref evaluations), 1, Most - 1);
    }
}
