using System.Runtime.CompilerServices;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Http;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Requests;

public sealed class ClientLimitSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuses_a_client_with_too_many_requests_under_way_and_nobody_else()
    {
        using var open = new ManualResetEventSlim();
        using var arrived = new CountdownEvent(2);
        var model = new LinearModel(4)
        {
            Encoding = () =>
            {
                if (!arrived.IsSet)
                {
                    arrived.Signal();
                }

                open.Wait(s_patience);
            },
        };
        using var server = new Server(model, new Dictionary<string, string>
        {
            ["Engine:Threads"] = "2",
            ["Limits:ClientRequests"] = "2",
            ["Limits:ClientHeader"] = "X-Api-Key",
        });
        using HttpClient client = server.CreateClient();
        Task<HttpResponseMessage>[] running = [Call(client, "one"), Call(client, "one")];
        Assert.True(arrived.Wait(s_patience, Cancellation));

        JsonElement problem = await Call(client, "one").Problem(ProblemKinds.TooManyRequests);
        await Call(client, "one", "/v2/repository/index").Problem(ProblemKinds.TooManyRequests);
        Task<HttpResponseMessage> other = Call(client, "two");
        JsonElement live = await client.GetAsync("/healthz/live", Cancellation).Ok();
        open.Set();
        await Task.WhenAll(running.Select(Calls.Ok));
        await other.Ok();
        await Call(client, "one").Ok();
        JsonElement stats = await client.GetAsync("/api/v1/models/linear/stats", Cancellation).Ok();

        Assert.Equal(2, problem.GetProperty("limit").GetInt32());
        Assert.Equal(1000, problem.GetProperty("retryAfterMs").GetInt32());
        Assert.Equal("live", live.GetProperty("status").GetString());
        Assert.Equal(1, stats.GetProperty("refusals").GetProperty("client").GetInt32());
    }

    [Theory]
    [InlineData(null, "10.0.0.9", "address 127.0.0.1")]
    [InlineData("X-Forwarded-For", null, "address 127.0.0.1")]
    [InlineData("X-Forwarded-For", "10.0.0.9", "header 10.0.0.9")]
    [InlineData("X-Forwarded-For", "1.2.3.4, 10.0.0.9", "header 10.0.0.9")]
    [InlineData("X-Forwarded-For", "10.0.0.9:51234", "header 10.0.0.9")]
    [InlineData("X-Forwarded-For", "[2001:db8:1:2::9]:51234", "header 2001:db8:1:2::/64")]
    [InlineData("X-Forwarded-For", "[2001:db8:1:2::9]", "header 2001:db8:1:2::/64")]
    [InlineData("X-Forwarded-For", "unknown", "header unknown")]
    [InlineData("X-Forwarded-For", "7:12", "header 7:12")]
    [InlineData("X-Forwarded-For", "7:13", "header 7:13")]
    [InlineData("X-Forwarded-For", "12345", "header 12345")]
    [InlineData("X-Forwarded-For", "0.12345", "header 0.12345")]
    [InlineData("X-Forwarded-For", "10.9:80", "header 10.9:80")]
    [InlineData("X-Forwarded-For", "10.0.0.9:x", "header 10.0.0.9:x")]
    public void Knows_a_client_by_its_address_or_by_what_the_nearest_proxy_wrote(string? header, string? value, string client)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        http.Request.Headers["X-Forwarded-For"] = value;

        Assert.Equal(client, ClientLimit.ClientOf(http, header));
    }

    [Theory]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::9", "2001:db8:1:2::/64")]
    [InlineData("::ffff:10.0.0.9", "10.0.0.9")]
    [InlineData("10.0.0.9", "10.0.0.9")]
    public void Knows_an_IPv6_client_by_its_network(string address, string network)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = System.Net.IPAddress.Parse(address);
        http.Request.Headers["X-Forwarded-For"] = address;

        Assert.Equal($"address {network}", ClientLimit.ClientOf(http, null));
        Assert.Equal($"header {network}", ClientLimit.ClientOf(http, "X-Forwarded-For"));
    }

    private static Task<HttpResponseMessage> Call(HttpClient client, string key, string path = Classify)
    {
        ByteArrayContent content = Tensor();
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Add("X-Api-Key", key);
        return client.SendAsync(request, Cancellation);
    }

    [Fact]
    public void Keeps_nothing_of_a_server_that_has_ended()
    {
        WeakReference[] ended = [.. Enumerable.Range(0, 4).Select(_ => EndedServer())];

        // A thread that the first server of a process has started may keep that one.
        Assert.True(SpinWait.SpinUntil(() => Alive() <= 1, TimeSpan.FromMinutes(2)), $"{Alive()} of 4 are kept");

        int Alive()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return ended.Count(services => services.IsAlive);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference EndedServer()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();
        return new WeakReference(server.Services);
    }
}
