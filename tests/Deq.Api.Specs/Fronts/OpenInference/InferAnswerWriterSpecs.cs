using System.Net;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class InferAnswerWriterSpecs
{
    private const int Width = 48;
    private const int Height = 32;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_a_large_answer_on_the_threads_for_it()
    {
        using var server = new TensorServer();
        using HttpClient client = server.CreateClient();
        DecodingThreads threads = server.Services.GetRequiredService<DecodingThreads>();
        CancellationToken cancellation = Cancellation;
        using var open = new ManualResetEventSlim();
        Task<bool>[] busy = [.. Enumerable.Range(0, server.Services.GetRequiredService<RequestLimits>().DecodingThreads)
            .Select(thread => threads.RunAsync($"client {thread}", () => open.Wait(s_patience, cancellation), cancellation))];

        Task<HttpResponseMessage> call = Infer(client, Width, Height);
        bool waits = SpinWait.SpinUntil(() => threads.Count == busy.Length + 1, s_patience) && !call.IsCompleted;
        open.Set();
        JsonElement answer = await call.WaitAsync(s_patience, Cancellation).Ok();

        Assert.True(waits);
        Assert.Equal(2 * Width * Height, answer.Output("flow").Numbers().Length);
        Assert.All(await Task.WhenAll(busy), isOpen => Assert.True(isOpen));
    }

    [Fact]
    public async Task Refuses_an_answer_before_it_is_written_where_the_clients_share_has_no_room()
    {
        const int bound = 40_000;
        using var server = new TensorServer(("Limits:BodyBytes", "30000"), ("Limits:HeldBytes", $"{bound}"));
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage small = await Infer(client, Width / 2, Height / 2);
        JsonElement problem = await Infer(client, Width, Height).Problem(ProblemKinds.Overloaded);

        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        Assert.Equal(bound, problem.GetProperty("limit").GetInt32());
    }

    [Theory]
    [InlineData("identity", false)]
    [InlineData("gzip", false)]
    [InlineData("deflate", false)]
    [InlineData("gzip", true)]
    public async Task Gives_back_what_a_large_answer_held(string wanted, bool sendsBytes)
    {
        const int width = 2 * Width;
        using var server = new TensorServer();
        using HttpClient client = server.CreateClient();
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();

        using HttpResponseMessage response = await Infer(client, width, Height, wanted, sendsBytes);

        Assert.Equal(wanted == "identity" ? [] : [wanted], response.Content.Headers.ContentEncoding);
        (JsonElement json, byte[] bytes) = await response.Parts();
        Assert.Equal(2 * width * Height, sendsBytes ? bytes.Length / sizeof(float) : json.Output("flow").Numbers().Length);
        Assert.True(SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{bodies.Bytes} bytes");
    }

    /// <summary>The motion between two frames of one colour.</summary>
    private static Task<HttpResponseMessage> Infer(HttpClient client, int width, int height, string wanted = "identity", bool sendsBytes = false)
    {
        int bytes = 3 * width * height;
        string json = $$$"""
            {"parameters":{"binary_data_output":{{{(sendsBytes ? "true" : "false")}}}},
             "inputs":[{"name":"frame1","datatype":"UINT8","shape":[1,{{{height}}},{{{width}}},3],"parameters":{"binary_data_size":{{{bytes}}}}},
                       {"name":"frame2","datatype":"UINT8","shape":[1,{{{height}}},{{{width}}},3],"parameters":{"binary_data_size":{{{bytes}}}}}]}
            """;
        return client.SendAsync(InferRequests.Accepting($"/v2/models/{TinyFlowBundle.Name}/infer", InferRequests.Body(json, new byte[2 * bytes]), wanted), Cancellation);
    }
}
