using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Deq.Api.Access;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Access;

public sealed class AccessControlSpecs
{
    private const string Infer = "first-secret-of-many-bytes";
    private const string Observe = "second-secret-of-many-bytes";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static (string Key, string Value)[] Keys =>
    [
        ("Access:Keys:alice:Sha256", Hash(Infer)), ("Access:Keys:alice:Roles", "infer"),
        ("Access:Keys:watch:Sha256", Hash(Observe)), ("Access:Keys:watch:Roles", "observe"),
    ];

    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    [Theory]
    [InlineData("/api/v1/models")]
    [InlineData("/api/v1/models/linear/stats")]
    [InlineData("/v2")]
    [InlineData("/v2/models/linear")]
    [InlineData("/metrics")]
    [InlineData("/")]
    [InlineData("/page/app.js")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/nonesuch")]
    public async Task Asks_for_a_key_everywhere(string path)
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage bare = await client.GetAsync(path, Cancellation);
        using HttpResponseMessage wrong = await Get(client, path, "Bearer", "no-such-key");

        Assert.Equal(HttpStatusCode.Unauthorized, bare.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(["Bearer", "Basic"], bare.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
        Assert.Equal(ProblemKinds.Unauthorized.Type, (await bare.Json()).GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/v2/health/live")]
    [InlineData("/v2/health/ready")]
    public async Task Leaves_health_open(string path)
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();

        await client.GetAsync(path, Cancellation).Ok();
    }

    [Fact]
    public async Task Takes_a_key_in_three_places()
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage own = new(HttpMethod.Get, "/api/v1/models");
        own.Headers.Add(Credentials.KeyHeader, Infer);

        using HttpResponseMessage bearer = await Get(client, "/api/v1/models", "Bearer", Infer);
        using HttpResponseMessage basic = await Get(client, "/api/v1/models", "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{Infer}")));
        using HttpResponseMessage header = await client.SendAsync(own, Cancellation);

        Assert.All([bearer, basic, header], answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Theory]
    [InlineData("/api/v1/models", 200, 200)]
    [InlineData("/api/v1/models/linear/stats", 403, 200)]
    [InlineData("/v2/models/linear/stats", 403, 200)]
    [InlineData("/metrics", 403, 200)]
    [InlineData("/page/app.js", 200, 200)]
    [InlineData("/nonesuch", 404, 404)]
    public async Task Lets_each_role_read_what_is_its_own(string path, int infer, int observe)
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage one = await Get(client, path, "Bearer", Infer);
        using HttpResponseMessage other = await Get(client, path, "Bearer", Observe);

        Assert.Equal((infer, observe), ((int)one.StatusCode, (int)other.StatusCode));
    }

    [Fact]
    public async Task Lets_only_the_role_that_may_have_models_solve()
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Observe);
        JsonElement refused = await client.Post().Problem(ProblemKinds.Forbidden);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Infer);
        JsonElement answer = await client.Post().Ok();

        Assert.Contains("role infer", refused.Detail());
        Assert.True(answer.Solve().GetProperty("converged").GetBoolean());
    }

    [Fact]
    public async Task Answers_nothing_more_to_a_network_that_guesses()
    {
        using var server = new Server([.. Keys, ("Access:Guesses", "5")]);
        using HttpClient client = server.CreateClient();
        for (int guess = 0; guess < 5; guess++)
        {
            using HttpResponseMessage wrong = await Get(client, "/api/v1/models", "Bearer", $"guess {guess}");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using HttpResponseMessage more = await Get(client, "/api/v1/models", "Bearer", "guess 6");
        using HttpResponseMessage right = await Get(client, "/api/v1/models", "Bearer", Infer);

        Assert.Equal(HttpStatusCode.TooManyRequests, more.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
        Assert.NotNull(more.Headers.RetryAfter);
        await client.GetAsync("/healthz/live", Cancellation).Ok();
    }

    [Fact]
    public async Task Takes_no_password_that_a_browser_sends_for_a_page_of_another_origin()
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{Infer}")));

        await client.Post().Ok();
        client.DefaultRequestHeaders.Add("Origin", "http://localhost");
        await client.Post().Ok();
        client.DefaultRequestHeaders.Remove("Origin");
        client.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");
        await client.Post().Problem(ProblemKinds.OriginNotAllowed);
    }

    [Fact]
    public async Task Takes_the_key_of_a_socket_from_its_address()
    {
        using var server = new StreamServer(Keys);
        using HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Infer);
        string stream = await StreamServer.Open(client);
        WebSocketClient sockets = server.Server.CreateWebSocketClient();

        Exception? bare = await Record.ExceptionAsync(() => sockets.ConnectAsync(new Uri($"ws://localhost{stream}/ws"), Cancellation));
        using WebSocket socket = await sockets.ConnectAsync(new Uri($"ws://localhost{stream}/ws?access_token={Infer}"), Cancellation);
        using HttpResponseMessage elsewhere = await server.CreateClient().GetAsync($"/api/v1/models?access_token={Infer}", Cancellation);

        Assert.Contains("401", bare?.Message, StringComparison.Ordinal);
        Assert.Equal(WebSocketState.Open, socket.State);
        Assert.Equal(HttpStatusCode.Unauthorized, elsewhere.StatusCode);
    }

    [Fact]
    public async Task Counts_what_a_key_asks_for_and_takes()
    {
        using var server = new Server(Keys);
        using HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Infer);
        await client.Post().Ok();

        using HttpResponseMessage metrics = await Get(client, "/metrics", "Bearer", Observe);

        string text = await metrics.Content.ReadAsStringAsync(Cancellation);
        Assert.Matches("""deq_usage_requests_total\{[^}]*key="key alice",status="200"[^}]*\} 1\n""", text);
        Assert.Matches("""deq_usage_engine_seconds_total\{[^}]*key="key alice"[^}]*\} \d""", text);
    }

    [Fact]
    public async Task Says_at_start_when_others_can_reach_a_server_that_asks_for_no_key()
    {
        var log = new LogLines();
        await using var server = new Server();
        await using WebApplicationFactory<Program> open = server.WithWebHostBuilder(builder =>
            builder.UseSetting("urls", "http://0.0.0.0:0").ConfigureTestServices(services => services.AddSingleton<ILoggerProvider>(log)));
        open.UseKestrel();
        using HttpClient _ = open.CreateClient();

        Assert.Contains(log.Of("Deq.Api"), line => line.Contains("without access control", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Lets_pages_of_the_origins_that_are_set_use_every_method_of_the_server(string method)
    {
        using var server = new Server([.. Keys, ("AllowedOrigins", "https://app.example")]);
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage preflight = new(HttpMethod.Options, Calls.Classify);
        preflight.Headers.Add("Origin", "https://app.example");
        preflight.Headers.Add("Access-Control-Request-Method", method);

        using HttpResponseMessage allowed = await client.SendAsync(preflight, Cancellation);

        Assert.Contains(method, string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Methods")).Split(','));
    }

    [Fact]
    public async Task Lets_pages_of_the_origins_that_are_set_read_answers()
    {
        using var server = new Server([.. Keys, ("AllowedOrigins", "https://app.example")]);
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage preflight = new(HttpMethod.Options, Calls.Classify);
        preflight.Headers.Add("Origin", "https://app.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization");
        using HttpRequestMessage other = new(HttpMethod.Get, "/api/v1/models");
        other.Headers.Add("Origin", "https://elsewhere.example");

        using HttpResponseMessage allowed = await client.SendAsync(preflight, Cancellation);
        using HttpResponseMessage refused = await client.SendAsync(other, Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal(["https://app.example"], allowed.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static async Task<HttpResponseMessage> Get(HttpClient client, string path, string scheme, string shown)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, shown);
        return await client.SendAsync(request, Cancellation);
    }
}
