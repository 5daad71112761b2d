using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Requests;

public sealed class BodyDeadlineSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("", 30_000, "image/png")]
    [InlineData("?deadlineMs=500", 500, "image/png")]
    [InlineData("?deadlineMs=500&deadlineMs=500", 500, "image/png")]
    [InlineData("?deadlineMs=&deadlineMs=500", 500, "image/png")]
    [InlineData("?deadlineMs=500", 500, "multipart/form-data; boundary=b")]
    [InlineData("?deadlineMs=90000", 30_000, "application/octet-stream")]
    public async Task Ends_a_body_that_comes_too_slowly_and_gives_back_what_it_held(string query, int deadlineMs, string type)
    {
        var clock = new SteppedClock();
        using var server = new Server();
        using WebApplicationFactory<Program> timed = server.WithWebHostBuilder(
            host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(clock)));
        timed.UseKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
        using HttpClient client = timed.CreateClient();
        using RawClient slow = await RawClient.Connect(client.BaseAddress!);
        HeldBodies bodies = timed.Services.GetRequiredService<HeldBodies>();
        string head = type == "application/octet-stream" ? "\r\nX-Tensor-Shape: 1,2,2" : "";
        await slow.Send(RawClient.Head(Classify + query, 16, type + head));
        await slow.Send("--b\r\n");
        Assert.True(SpinWait.SpinUntil(() => clock.IsAwaited(TimeSpan.FromMilliseconds(deadlineMs)) && (type.StartsWith('m') || bodies.Bytes > 0), s_patience));

        clock.Advance(TimeSpan.FromMilliseconds(deadlineMs));

        string answer = await slow.ReadSome();
        Assert.StartsWith("HTTP/1.1 408", answer);
        Assert.Contains(ProblemKinds.BodyTooSlow.Type, answer);
        Assert.True(SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 }, s_patience));
    }

    [Fact]
    public async Task Ends_a_body_one_second_after_the_server_is_asked_to_stop()
    {
        var clock = new SteppedClock();
        using var server = new Server();
        using WebApplicationFactory<Program> timed = server.WithWebHostBuilder(
            host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(clock)));
        timed.UseKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
        using HttpClient client = timed.CreateClient();
        using RawClient slow = await RawClient.Connect(client.BaseAddress!);
        HeldBodies bodies = timed.Services.GetRequiredService<HeldBodies>();
        await slow.Send(RawClient.Head(Classify, 1_000));
        await slow.Send("--b\r\n");
        Assert.True(SpinWait.SpinUntil(() => bodies.Bytes > 0, s_patience));
        Task<string> answer = slow.ReadSome();

        timed.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        bool waits = !answer.IsCompleted && bodies.Bytes > 0;
        clock.Advance(TimeSpan.FromTicks(1));

        string problem = await answer.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.True(waits);
        Assert.StartsWith("HTTP/1.1 503", problem);
        Assert.Contains(ProblemKinds.Stopping.Type, problem);
    }

    [Fact]
    public async Task Is_named_where_it_passes_as_what_has_come_is_decoded()
    {
        var clock = new SteppedClock();
        using var server = new Server();
        using WebApplicationFactory<Program> timed = server.WithWebHostBuilder(
            host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(clock)));
        using HeldBodies.Share share = timed.Services.GetRequiredService<HeldBodies>().Open("", "a client");
        var http = new DefaultHttpContext { RequestServices = timed.Services, Request = { Body = new MemoryStream([1]), ContentLength = 1, ContentType = "image/png" } };
        Task<bool> reading = timed.Services.GetRequiredService<PayloadReader>().ReadAsync(
            http.Request, share, [], () => new ProblemException(ProblemKinds.MissingBody, ""), async (body, _, _) =>
            {
                await Task.Delay(Timeout.Infinite, body.Deadline.Token);
                return true;
            });

        clock.Advance(TimeSpan.FromSeconds(30));

        ProblemException problem = await Assert.ThrowsAsync<ProblemException>(() => reading.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(ProblemKinds.DeadlineUnreachable, problem.Kind);
    }
}
