using Deq.Api.Fronts.Web;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class ConnectionLimitsSpecs
{
    [Theory]
    [InlineData(64, 16)]
    [InlineData(1024, 624)]
    [InlineData(1_048_576, 4096)]
    public void Leave_descriptors_for_everything_else(long descriptors, int connections) => Assert.Equal(connections, ConnectionLimits.ConnectionsOf(descriptors));

    [Fact]
    public void Are_bounded_without_a_setting()
    {
        KestrelServerLimits limits = Applied();

        Assert.InRange(limits.MaxConcurrentConnections!.Value, 16, 4096);
        Assert.InRange(limits.MaxConcurrentUpgradedConnections!.Value, 8, 2048);
        Assert.InRange(limits.RequestHeadersTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Are_what_is_set()
    {
        KestrelServerLimits limits = Applied(
            ("MaxConcurrentConnections", "7"), ("KeepAliveTimeout", "00:00:03"), ("MinResponseDataRate:BytesPerSecond", "99"), ("MinResponseDataRate:GracePeriod", "00:00:09"));

        Assert.Equal((7, TimeSpan.FromSeconds(3)), (limits.MaxConcurrentConnections, limits.KeepAliveTimeout));
        Assert.Equal((99, TimeSpan.FromSeconds(9)), (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod));
    }

    [Theory]
    [InlineData(null, 64 << 10)]
    [InlineData("100000", 100_000)]
    public void Bound_what_sockets_read_ahead(string? set, long bytes)
    {
        using var server = new Server(set is null ? [] : [("Kestrel:Limits:MaxRequestBufferSize", set)]);
        server.UseKestrel();

        Assert.Equal(bytes, server.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value.MaxReadBufferSize);
        Assert.Equal(bytes, server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MaxRequestBufferSize);
    }

    private static KestrelServerLimits Applied(params (string Key, string Value)[] settings)
    {
        var kestrel = new KestrelServerOptions();
        ConnectionLimits.Apply(kestrel, new ConfigurationBuilder().AddInMemoryCollection(
            settings.ToDictionary(pair => $"Kestrel:Limits:{pair.Key}", string? (pair) => pair.Value)).Build());
        return kestrel.Limits;
    }
}
