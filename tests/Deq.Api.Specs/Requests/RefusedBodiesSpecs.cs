using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Requests;

public sealed class RefusedBodiesSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Are_read_on_for_half_a_second_and_no_longer_once_the_server_stops()
    {
        await using var server = new Server();
        await using WebApplicationFactory<Program> stopping = server.WithWebHostBuilder(
            builder => builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(new ShortClock())));
        stopping.UseKestrel();
        using HttpClient client = stopping.CreateClient();
        HeldBodies bodies = stopping.Services.GetRequiredService<HeldBodies>();
        using RawClient half = await RawClient.Connect(client.BaseAddress!);
        await half.Send(RawClient.Head(Classify, 1_000_000));
        await half.Send(new byte[500_000]);
        Assert.True(SpinWait.SpinUntil(() => bodies.Bytes > 0, s_patience));

        stopping.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.StartsWith("HTTP/1.1 503", await half.ReadSome().WaitAsync(s_patience, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await half.ReadToEnd().WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Nothing that is to take more than a second ends.</summary>
    private sealed class ShortClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.FromSeconds(1) ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
