using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class MemorySharesSpecs
{
    [Fact]
    public async Task Are_stated_at_start_with_the_settings_that_change_them()
    {
        using var log = new LogLines();
        await using var server = new Server(("Engine:LaneBytes", "104857600"), ("Limits:HeldBytes", "68681728"), ("Streams:Bytes", "0"));
        await using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(builder =>
            builder.ConfigureTestServices(services => services.AddSingleton<ILoggerProvider>(log)));
        using HttpClient _ = logged.CreateClient();

        Assert.Single(
            log.Of("Deq.Api"),
            line => line == "Solves may take 100 MiB (Engine:LaneBytes), requests may hold 65.5 MiB (Limits:HeldBytes), streams may keep 0 MiB (Streams:Bytes)");
    }
}
