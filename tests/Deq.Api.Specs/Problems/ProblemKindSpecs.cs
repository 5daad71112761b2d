using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Problems;

public sealed class ProblemKindSpecs : IDisposable
{
    private readonly Server _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Client => _server.CreateClient();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("?Top=3", "Top")]
    [InlineData("?top=3&iterations=5&tol=1", "iterations, tol")]
    public async Task With_an_unknown_parameter_names_it_and_those_that_are_known(string query, string unknown)
    {
        JsonElement problem = await Client.Post(query).Problem(ProblemKinds.UnknownParameter);

        Assert.Equal($"Unknown: {unknown}. Known: top, budget, maxEvaluations, tolerance, deadlineMs, untilStable, priority, solver, requireConverged, logits.", problem.Detail());
    }

    [Theory]
    [InlineData("top", "0")]
    [InlineData("top", "-1")]
    [InlineData("top", "3.5")]
    [InlineData("maxEvaluations", "many")]
    [InlineData("maxEvaluations", "0")]
    [InlineData("tolerance", "0")]
    [InlineData("tolerance", "1")]
    [InlineData("tolerance", "NaN")]
    [InlineData("tolerance", "-0.1")]
    [InlineData("deadlineMs", "0")]
    [InlineData("deadlineMs", "1e3")]
    [InlineData("requireConverged", "perhaps")]
    [InlineData("solver", "newton")]
    [InlineData("untilStable", "0")]
    [InlineData("untilStable", "-2")]
    [InlineData("untilStable", "true")]
    [InlineData("priority", "urgent")]
    [InlineData("priority", "High")]
    [InlineData("budget", "lavish")]
    [InlineData("budget", "Fast")]
    public async Task With_a_parameter_s_value_names_the_parameter_and_what_it_must_be(string name, string value)
    {
        JsonElement problem = await Client.Post($"?{name}={value}").Problem(ProblemKinds.InvalidParameter);

        string message = Assert.Single(problem.GetProperty("errors").GetProperty(name).EnumerateArray()).GetString()!;
        Assert.StartsWith($"'{value}' is n", message);
        Assert.Matches("it must be|there are picard, anderson, broyden|there are fast, balanced, exact", message);
    }

    [Fact]
    public async Task With_several_values_lists_them_all()
    {
        JsonElement problem = await Client.Post("?top=x&tolerance=y").Problem(ProblemKinds.InvalidParameter);

        Assert.Equal(["top", "tolerance"], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Fact]
    public async Task With_a_parameter_given_twice_shows_both_values()
    {
        JsonElement problem = await Client.Post("?top=1&top=2").Problem(ProblemKinds.ConflictingParameter);

        Assert.Equal("top is given as 1 and as 2.", problem.Detail());
    }

    [Fact]
    public async Task With_a_field_that_contradicts_the_query_shows_both_values()
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent([1]), "image" }, { new StringContent("2"), "top" } };

        JsonElement problem = await Client.Post("?top=1", form).Problem(ProblemKinds.ConflictingParameter);

        Assert.Equal("top is given as 1 and as 2.", problem.Detail());
    }

    [Fact]
    public async Task With_a_name_lists_the_models_there_are()
    {
        JsonElement described = await Client.GetAsync("/api/v1/models/nonesuch", Cancellation).Problem(ProblemKinds.ModelNotFound);
        JsonElement classified = await Client.PostAsync("/api/v1/models/nonesuch/classify", Tensor(), Cancellation)
            .Problem(ProblemKinds.ModelNotFound);

        Assert.Equal("The server has no model of that name; it has linear.", described.Detail());
        Assert.Equal(described.Detail(), classified.Detail());
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/api/v1/models/linear/classify/more")]
    public async Task With_a_path_is_404(string path)
    {
        JsonElement problem = await Client.GetAsync(path, Cancellation).Problem(ProblemKinds.NotFound);

        Assert.Contains(path, problem.Detail());
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/metrics")]
    [InlineData("/swagger")]
    [InlineData("/swagger/index.html")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/page/page.css")]
    public async Task With_a_method_is_405_where_only_reading_is_possible(string path)
    {
        foreach (HttpMethod method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch, HttpMethod.Options })
        {
            using HttpResponseMessage answer = await Client.SendAsync(new HttpRequestMessage(method, path), Cancellation);

            Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
            await Task.FromResult(answer).Problem(ProblemKinds.MethodNotAllowed);
        }

        using HttpResponseMessage head = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path), Cancellation);
        Assert.NotEqual(ProblemKinds.MethodNotAllowed.Status, (int)head.StatusCode);
    }

    [Fact]
    public async Task With_a_condition_that_does_not_hold_is_412()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd("text/html");
        request.Headers.TryAddWithoutValidation("If-Match", "\"another\"");

        await Client.SendAsync(request, Cancellation).Problem(ProblemKinds.PreconditionFailed);
    }

    [Fact]
    public async Task With_a_method_is_405_and_names_those_that_are_taken()
    {
        JsonElement problem = await Client.GetAsync(Classify, Cancellation).Problem(ProblemKinds.MethodNotAllowed);

        Assert.Contains("POST", problem.Detail());
    }

    [Theory]
    [InlineData("text/html", false)]
    [InlineData("application/json;q=0", false)]
    [InlineData("*/*;q=0, text/plain", false)]
    [InlineData("text/html, application/*;q=0.1", true)]
    [InlineData("application/json", true)]
    [InlineData("*/*", true)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("text/event-stream;q=0.5, application/json", true)]
    [InlineData("text/event-stream, application/json", true)]
    public async Task With_what_the_caller_accepts_depends_on_room_for_json(string accept, bool isAccepted)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Classify) { Content = Tensor() };
        request.Headers.TryAddWithoutValidation("Accept", accept);

        Task<HttpResponseMessage> call = Client.SendAsync(request, Cancellation);

        if (isAccepted)
        {
            await call.Ok();
        }
        else
        {
            Assert.Contains("application/json", (await call.Problem(ProblemKinds.NotAcceptable)).Detail());
        }
    }

    [Theory]
    [InlineData(0.5, "1", 1)]
    [InlineData(999.2, "1", 1000)]
    [InlineData(1200, "2", 1200)]
    public async Task That_will_pass_says_when_in_whole_seconds_and_exactly(double waitMs, string header, long retryAfterMs)
    {
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        using var body = new MemoryStream();
        http.Response.Body = body;

        await http.WriteProblemAsync(new ProblemException(ProblemKinds.QueueFull, "Later.").WithRetryAfter(TimeSpan.FromMilliseconds(waitMs)));

        Assert.Equal(header, http.Response.Headers.RetryAfter);
        Assert.Equal(retryAfterMs, JsonElement.Parse(body.ToArray()).GetProperty("retryAfterMs").GetInt64());
    }

    [Fact]
    public async Task Inside_the_server_lets_nothing_of_it_out()
    {
        var model = new Testing.Models.LinearModel(4) { Encoding = () => throw new InvalidOperationException("secret path /srv/models") };
        using var server = new Server(model);

        JsonElement problem = await server.CreateClient().Post().Problem(ProblemKinds.InternalError);

        Assert.DoesNotContain("secret", problem.ToString());
        Assert.DoesNotContain("Exception", problem.ToString());
    }
}
