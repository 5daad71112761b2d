using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class LogsSpecs
{
    [Theory]
    [InlineData("Grpc.AspNetCore.Server.ServerCallHandler")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel")]
    public void Leave_out_what_frameworks_say_of_each_request(string category)
    {
        using var server = new Server();

        ILogger logger = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

        Assert.False(logger.IsEnabled(LogLevel.Information));
        Assert.True(logger.IsEnabled(LogLevel.Error));
    }
}
