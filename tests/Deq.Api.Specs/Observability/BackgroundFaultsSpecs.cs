using System.Net;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Observability;

public sealed class BackgroundFaultsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_logged_and_do_not_end_the_server()
    {
        using var log = new LogLines();
        using var server = new LifecycleServer();
        using WebApplicationFactory<Program> faulty = server.WithWebHostBuilder(builder => builder
            .ConfigureLogging(logging => logging.AddProvider(log))
            .ConfigureServices(services => services.AddHostedService<Faulty>()));

        using HttpClient client = faulty.CreateClient();
        bool isSaid = SpinWait.SpinUntil(() => log.Faults.Any(fault => fault.Contains("Faulty has ended", StringComparison.Ordinal) && fault.Contains("Not foreseen.", StringComparison.Ordinal)), TimeSpan.FromSeconds(30));
        using HttpResponseMessage live = await client.GetAsync("/healthz/ready", Cancellation);

        Assert.True(isSaid, string.Join('\n', log.All));
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.False(faulty.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    private sealed class Faulty : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("Not foreseen.");
        }
    }
}
