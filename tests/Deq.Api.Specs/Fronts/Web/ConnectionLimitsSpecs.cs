using Deq.Api.Fronts.Web;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class ConnectionLimitsSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(64, 8192, 16)]
    [InlineData(1024, 8192, 624)]
    [InlineData(1_048_576, 8192, 4096)]
    [InlineData(1_048_576, 384, 614)]
    [InlineData(1024, 384, 614)]
    [InlineData(1_048_576, 1, 16)]
    public void Leave_descriptors_and_memory_for_everything_else(long descriptors, long megabytes, int connections) =>
        Assert.Equal(connections, ConnectionLimits.ConnectionsOf(descriptors, new MemoryBudget(megabytes << 20)));

    [Fact]
    public void Are_bounded_without_a_setting()
    {
        KestrelServerLimits limits = Applied();

        Assert.InRange(limits.MaxConcurrentConnections!.Value, 16, 4096);
        Assert.InRange(limits.MaxConcurrentUpgradedConnections!.Value, 8, 2048);
        Assert.InRange(limits.RequestHeadersTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Let_an_answer_be_read_no_slower_than_16_KiB_per_second()
    {
        KestrelServerLimits limits = Applied();

        Assert.Equal((16 << 10, TimeSpan.FromSeconds(10)), (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod));
    }

    [Fact]
    public async Task Cut_a_client_that_stops_reading()
    {
        using var server = new Server(("Kestrel:Limits:MinResponseDataRate:BytesPerSecond", "1e9"), ("Kestrel:Limits:MinResponseDataRate:GracePeriod", "00:00:02"));
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        OpenConnections open = server.Services.GetRequiredService<OpenConnections>();
        using RawClient deaf = await RawClient.Connect(client.BaseAddress!);
        Assert.True(SpinWait.SpinUntil(() => open.Count == 1, s_patience));

        // Answers of more than 100 MB, which no socket's buffers take.
        await deaf.Send(string.Concat(Enumerable.Repeat("GET /swagger/v1/swagger.json HTTP/1.1\r\nHost: localhost\r\n\r\n", 900)));

        Assert.True(SpinWait.SpinUntil(() => open.Count == 0, s_patience));
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

    [Theory]
    [InlineData("Foo", "Setting Kestrel:Limits:Foo is unknown; Kestrel:Limits has Kestrel:Limits:Http2, Kestrel:Limits:Http3, Kestrel:Limits:KeepAliveTimeout, ")]
    [InlineData("Foo:Bar", "Setting Kestrel:Limits:Foo is unknown; Kestrel:Limits has ")]
    [InlineData("Http2:Foo", "Setting Kestrel:Limits:Http2:Foo is unknown; Kestrel:Limits:Http2 has Kestrel:Limits:Http2:HeaderTableSize, ")]
    [InlineData(
        "MinResponseDataRate:Foo",
        "Setting Kestrel:Limits:MinResponseDataRate:Foo is unknown; "
            + "Kestrel:Limits:MinResponseDataRate has Kestrel:Limits:MinResponseDataRate:BytesPerSecond, Kestrel:Limits:MinResponseDataRate:GracePeriod.")]
    public void Name_a_setting_that_is_unknown_with_those_there_are(string key, string fault) =>
        Assert.StartsWith(fault, Assert.Single(ConnectionLimits.FaultsOf(Configured((key, "3")))), StringComparison.Ordinal);

    [Theory]
    [InlineData("MaxRequestBufferSize=100", "MaxRequestBufferSize is 100 and Kestrel:Limits:MaxRequestLineSize 8192;", "MaxRequestBufferSize is 100 and Kestrel:Limits:MaxRequestHeadersTotalSize 32768;")]
    [InlineData("MaxRequestBufferSize=10000", "MaxRequestBufferSize is 10000 and Kestrel:Limits:MaxRequestHeadersTotalSize 32768;")]
    [InlineData("MaxRequestLineSize=100000", "MaxRequestBufferSize is 65536 and Kestrel:Limits:MaxRequestLineSize 100000;")]
    [InlineData("MaxRequestBufferSize=100 MaxRequestLineSize=100 MaxRequestHeadersTotalSize=100")]
    [InlineData("MaxRequestBufferSize=100000 MaxRequestLineSize=100000")]
    [InlineData(
        "KeepAliveTimeout=never MaxRequestLineSize=100000", "Setting Kestrel:Limits:KeepAliveTimeout is 'never'", "MaxRequestBufferSize is 65536 and Kestrel:Limits:MaxRequestLineSize 100000;")]
    public void Name_a_read_ahead_that_the_head_of_a_request_does_not_fit_into(string settings, params string[] faults)
    {
        string[] found = [.. ConnectionLimits.FaultsOf(Configured([.. settings.Split(' ').Select(setting => (setting.Split('=')[0], setting.Split('=')[1]))]))];

        Assert.Equal(faults.Length, found.Length);
        Assert.All(faults.Zip(found), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
    }

    private static KestrelServerLimits Applied(params (string Key, string Value)[] settings)
    {
        var kestrel = new KestrelServerOptions();
        ConnectionLimits.Apply(kestrel, Configured(settings));
        return kestrel.Limits;
    }

    private static IConfiguration Configured(params (string Key, string Value)[] settings) => new ConfigurationBuilder().AddInMemoryCollection(
        settings.ToDictionary(pair => $"Kestrel:Limits:{pair.Key}", string? (pair) => pair.Value)).Build();
}
