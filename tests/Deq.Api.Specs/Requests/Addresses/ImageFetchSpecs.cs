using System.Net;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Requests.Addresses;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Requests.Addresses;

/// <summary>A server that fetches from a web server on the loopback address, whose name resolves as each spec says.</summary>
public sealed class ImageFetchSpecs : IAsyncLifetime
{
    private readonly List<IDisposable> _open = [];
    private readonly WebApplication _pictures;
    private int _asked;
    private Func<HttpContext, int, Task> _answer = (http, _) => http.Response.Body.WriteAsync(Pictures.Png([0, 255, 0, 0], 2)).AsTask();

    public ImageFetchSpecs()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _pictures = builder.Build();
        _pictures.Run(http => _answer(http, Interlocked.Increment(ref _asked)));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Port => new Uri(_pictures.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private string Address => $"http://pictures.example:{Port}/boot.png";

    public async ValueTask InitializeAsync() => await _pictures.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        _open.ForEach(each => each.Dispose());
        await _pictures.DisposeAsync();
    }

    [Fact]
    public async Task Classifies_the_image_at_an_address_with_parameters_beside_it()
    {
        WebApplicationFactory<Program> server = Serve();

        JsonElement answer = await Ask(server, new { imageUrl = Address, top = 2 }).Ok();

        Assert.Equal(2, answer.GetProperty("predictions").GetArrayLength());
        Assert.Equal("east", answer.GetProperty("predictions")[0].GetProperty("label").GetString());
        Assert.True(SpinWait.SpinUntil(() => server.Services.GetRequiredService<HeldBodies>().Bytes == 0, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Fetches_nothing_for_parameters_that_are_refused()
    {
        WebApplicationFactory<Program> server = Serve();

        await Ask(server, new { imageUrl = Address, top = "x" }).Problem(ProblemKinds.InvalidParameter);
        await Ask(server, new { imageUrl = Address, nope = 1 }).Problem(ProblemKinds.UnknownParameter);

        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Is_off_unless_hosts_are_allowed()
    {
        using var server = new Server();

        JsonElement problem = await Ask(server, new { imageUrl = Address }).Problem(ProblemKinds.UnsupportedMediaType);

        Assert.DoesNotContain("json", problem.GetProperty("detail").GetString()!.Split("accepted are")[1]);
        Assert.Equal(0, _asked);
    }

    [Theory]
    [InlineData("https://127.0.0.1/a")]
    [InlineData("https://10.0.0.1/a")]
    [InlineData("https://172.16.0.1/a")]
    [InlineData("https://192.168.0.1/a")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    [InlineData("https://0.0.0.0/a")]
    [InlineData("https://[::1]/a")]
    [InlineData("https://[::]/a")]
    [InlineData("https://[::ffff:10.0.0.1]/a")]
    [InlineData("https://[::ffff:7f00:1]/a")]
    [InlineData("https://[fe80::1]/a")]
    [InlineData("https://[fe80::1%25eth0]/a")]
    [InlineData("https://[fd00::1]/a")]
    [InlineData("https://[64:ff9b::a00:1]/a")]
    [InlineData("https://2130706433/a")]
    [InlineData("https://0x7f000001/a")]
    [InlineData("https://0177.0.0.1/a")]
    [InlineData("https://0x7f.1/a")]
    [InlineData("https://127.1/a")]
    [InlineData("https://xn--é.example/a")]
    [InlineData("https://user:secret@pictures.example/a")]
    [InlineData("https://pictures.example@127.0.0.1/a")]
    [InlineData("https://pictures.example:22/a")]
    [InlineData("ftp://pictures.example/a")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://pictures.example/a")]
    [InlineData("data:image/png;base64,AAAA")]
    [InlineData("//pictures.example/a")]
    [InlineData("/etc/passwd")]
    [InlineData("pictures.example")]
    [InlineData("")]
    public async Task Refuses_by_its_text_what_is_no_address_of_the_public(string address)
    {
        WebApplicationFactory<Program> server = Serve(CheckedConnection.OfThisMachine with { Resolve = Unresolved }, hosts: "*");

        JsonElement problem = await Ask(server, new { imageUrl = address }).Problem(ProblemKinds.ImageAddressRefused);

        Assert.DoesNotContain("secret", problem.ToString());
        Assert.Equal(0, _asked);
    }

    [Theory]
    [InlineData("pictures.example", "https://other.example/a")]
    [InlineData("pictures.example", "https://a.pictures.example/a")]
    [InlineData("*.pictures.example", "https://pictures.example/a")]
    [InlineData("*.pictures.example", "https://evilpictures.example/a")]
    [InlineData("pictures.example", "https://pictures.example:8443/a")]
    [InlineData("pictures.example:8443", "https://pictures.example/a")]
    public async Task Refuses_hosts_and_ports_that_are_not_allowed(string hosts, string address)
    {
        WebApplicationFactory<Program> server = Serve(CheckedConnection.OfThisMachine with { Resolve = Unresolved }, hosts);

        await Ask(server, new { imageUrl = address }).Problem(ProblemKinds.ImageAddressRefused);
    }

    [Theory]
    [InlineData("https://①②⑦.0.0.1/a")]
    [InlineData("https://localhost/a")]
    [InlineData("https://localhost./a")]
    [InlineData("https://0x7f.0x0.0x0.0x1./a")]
    public async Task Connects_to_no_name_that_the_machine_itself_knows(string address)
    {
        WebApplicationFactory<Program> server = Serve(CheckedConnection.OfThisMachine, hosts: "*");

        using HttpResponseMessage refusal = await Ask(server, new { imageUrl = address });

        string type = (await refusal.Json()).GetProperty("type").GetString()!;
        Assert.Contains(type, new[] { ProblemKinds.ImageAddressRefused.Type, ProblemKinds.ImageNotFetched.Type });
    }

    [Fact]
    public async Task Refuses_plain_http_unless_it_is_allowed()
    {
        WebApplicationFactory<Program> server = Serve(hosts: $"pictures.example:{Port}");

        JsonElement problem = await Ask(server, new { imageUrl = Address }).Problem(ProblemKinds.ImageAddressRefused);

        Assert.Contains("https", problem.GetProperty("detail").GetString());
        Assert.Equal(0, _asked);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("fd00::1")]
    [InlineData("1.1.1.1,127.0.0.1")]
    public async Task Connects_to_no_name_that_has_an_address_inside(string addresses)
    {
        WebApplicationFactory<Program> server = Serve(CheckedConnection.OfThisMachine with { Resolve = (_, _) => Task.FromResult(Numbers(addresses)) });
        WebApplicationFactory<Program> nowhere = Serve(CheckedConnection.OfThisMachine with { Resolve = Unresolved });

        JsonElement problem = await Ask(server, new { imageUrl = Address }).Problem(ProblemKinds.ImageNotFetched);
        JsonElement unknown = await Ask(nowhere, new { imageUrl = Address }).Problem(ProblemKinds.ImageNotFetched);

        Assert.Equal(unknown.GetProperty("detail").GetString(), problem.GetProperty("detail").GetString());
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Resolves_once_for_the_check_and_the_connection_so_that_a_second_answer_has_no_say()
    {
        int resolved = 0;
        IPAddress[] first = [IPAddress.Parse("127.0.0.2")];
        WebApplicationFactory<Program> server = Serve(new CheckedConnection(
            (_, _) => Task.FromResult(++resolved == 1 ? first : Numbers("127.0.0.1")), address => !address.Equals(IPAddress.Loopback)));

        await Ask(server, new { imageUrl = Address }).Problem(ProblemKinds.ImageNotFetched);

        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Follows_no_redirect()
    {
        _answer = (http, _) =>
        {
            http.Response.Redirect(http.Request.Path == "/secret" ? "/" : $"http://127.0.0.1:{Port}/secret");
            return Task.CompletedTask;
        };

        JsonElement problem = await Ask(Serve(), new { imageUrl = Address }).Problem(ProblemKinds.ImageNotFetched);

        Assert.Contains("redirects are not followed", problem.GetProperty("detail").GetString());
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Tries_again_after_an_answer_that_may_pass()
    {
        Func<HttpContext, int, Task> picture = _answer;
        _answer = (http, asked) =>
        {
            http.Response.StatusCode = asked == 1 ? 503 : 200;
            return asked == 1 ? Task.CompletedTask : picture(http, asked);
        };

        await Ask(Serve(), new { imageUrl = Address }).Ok();

        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task Ends_what_is_too_slow_or_too_large()
    {
        _answer = (http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted);
        JsonElement slow = await Ask(Serve(settings: [("Images:FetchMs", "300")]), new { imageUrl = Address }).Problem(ProblemKinds.ImageNotFetched);
        WebApplicationFactory<Program> server = Serve(settings: [("Images:FetchMs", "60000"), ("Images:FetchBytes", "1000")]);
        _answer = (http, _) => http.Response.Body.WriteAsync(new byte[2000]).AsTask();
        JsonElement large = await Ask(server, new { imageUrl = Address }).Problem(ProblemKinds.BodyTooLarge);
        _answer = (http, _) => http.Response.Body.WriteAsync(new byte[100]).AsTask();
        await Ask(server, new { imageUrl = Address }).Problem(ProblemKinds.UnsupportedImage);

        Assert.Contains("300 ms", slow.GetProperty("detail").GetString());
        Assert.Equal(1000, large.GetProperty("limit").GetInt32());
        Assert.True(SpinWait.SpinUntil(() => server.Services.GetRequiredService<HeldBodies>().Bytes == 0, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Decodes_what_was_fetched_within_the_limit_of_fetches_however_small_that_of_bodies()
    {
        byte[] picture = Pictures.Png(Pictures.Grey(50, 50, 1), 50);
        _answer = (http, _) => http.Response.Body.WriteAsync(picture).AsTask();

        await Ask(Serve(settings: [("Limits:BodyBytes", "1000"), ("Images:FetchBytes", "100000")]), new { imageUrl = Address }).Ok();

        Assert.InRange(picture.Length, 1001, 100_000);
    }

    [Fact]
    public async Task Leaves_connections_to_a_host_to_others_however_many_images_one_client_asks_for()
    {
        Func<HttpContext, int, Task> picture = _answer;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = async (http, asked) =>
        {
            await release.Task.WaitAsync(http.RequestAborted);
            await picture(http, asked);
        };
        WebApplicationFactory<Program> server = Serve(settings: [("Limits:ClientHeader", "X-Client"), ("Images:FetchMs", "60000")]);
        var greedy = Enumerable.Range(0, 40).Select(_ => Ask(server, new { imageUrl = Address }, "greedy")).ToList();
        List<JsonElement> refusals = [];
        while (greedy.Count > CheckedConnection.MostToOneHost / 2)
        {
            Task<HttpResponseMessage> ended = await Task.WhenAny(greedy).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            greedy.Remove(ended);
            refusals.Add(await ended.Problem(ProblemKinds.Overloaded));
        }

        Task<HttpResponseMessage> other = Ask(server, new { imageUrl = Address }, "other");
        bool isReached = SpinWait.SpinUntil(() => Volatile.Read(ref _asked) == greedy.Count + 1, TimeSpan.FromSeconds(60));
        release.SetResult();

        Assert.True(isReached);
        await other.Ok();
        await Task.WhenAll(greedy.Select(Calls.Ok));
        await Ask(server, new { imageUrl = Address }, "greedy").Ok();
        Assert.All(refusals, refusal => Assert.Equal(CheckedConnection.MostToOneHost, refusal.GetProperty("limit").GetInt32()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"imageUrl\": 3}")]
    [InlineData("{\"imageUrl\": \"\\ud800\"}")]
    [InlineData("{\"imageUrl\": \"a\", \"imageUrl\": \"b\"}")]
    [InlineData("no json")]
    public async Task Refuses_a_body_without_an_address(string body)
    {
        using HttpClient client = Serve().CreateClient();

        await client.Post(content: Calls.Bytes(System.Text.Encoding.UTF8.GetBytes(body), "application/json")).Problem(ProblemKinds.MalformedRequest);
    }

    private static Task<IPAddress[]> Unresolved(string host, CancellationToken cancellation) =>
        Task.FromException<IPAddress[]>(new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound));

    private static IPAddress[] Numbers(string addresses) => [.. addresses.Split(',').Select(IPAddress.Parse)];

    private static Task<HttpResponseMessage> Ask(WebApplicationFactory<Program> server, object body, string name = "anyone")
    {
        HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Add("X-Client", name);
        return client.Post(content: Calls.Bytes(JsonSerializer.SerializeToUtf8Bytes(body), "application/json"));
    }

    private WebApplicationFactory<Program> Serve(CheckedConnection? connection = null, string? hosts = null, params (string Key, string Value)[] settings)
    {
        var server = new Server(
            [("Images:AllowedHosts", hosts ?? $"pictures.example:{Port}"), ("Images:AllowHttp", hosts is null ? "true" : "false"), .. settings]);
        _open.Add(server);
        return server.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton(
            connection ?? new CheckedConnection((_, _) => Task.FromResult(Numbers("127.0.0.1")), _ => true))));
    }
}
