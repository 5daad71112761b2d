using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Deq.Api.Fronts.Rest;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Bundles;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Tasks;

/// <summary>What holds for every served task, one that only specs register among them.</summary>
public sealed class EveryTaskSpecs : IAsyncLifetime
{
    private readonly FlowServer _server = new() { Shipped = ["prefix-sum", "restore", "fashion-latent"] };
    private readonly WebApplicationFactory<Program> _withEcho;
    private readonly HttpClient _client;
    private JsonElement _document;

    public EveryTaskSpecs()
    {
        _withEcho = _server.WithWebHostBuilder(builder => builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<IServedTask, ServedEcho>();
            services.AddSingleton(provider =>
            {
                ModelCatalogue models = ModelOpening.Open(provider);
                var engine = new InferenceEngine("echo", new LinearModel(4), new() { Threads = 1, RowsPerThread = 1 });
                return new ModelCatalogue([.. models.All, new ServedModel(Server.Manifest with { Name = "echo", Task = "echo", Labels = [] }, Server.Hash, engine)]);
            });
        }));
        _client = _withEcho.CreateClient();
    }

    public static TheoryData<string, string> Paths { get; } = new() { { "classify", "tiny" }, { "flow", TinyFlowBundle.Name }, { "reason", "prefix-sum" }, { "restore", "restore" }, { "reconstruct", "fashion-latent" }, { "echo", "echo" } };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _document = await _client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _withEcho.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Has_a_path_and_a_name_of_its_own()
    {
        IReadOnlyList<IServedTask> tasks = _withEcho.Services.GetRequiredService<ServedTasks>().All;

        Assert.Equal(Paths.Select(path => path.Data.Item1).Order(), tasks.Select(task => task.Path).Order());
        Assert.Equal(tasks.Count, tasks.Select(task => task.Task.Name).Distinct().Count());
        Assert.All(tasks, task => Assert.Same(task, _withEcho.Services.GetRequiredService<ServedTasks>().Find(task.Task.Name)));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Documents_every_parameter_type_and_problem(string path, string model)
    {
        IServedTask task = TaskAt(path);

        JsonElement operation = Operation(path);
        string[] parameters = [.. operation.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!)];
        Assert.NotEmpty(model);
        Assert.Equal(["model", .. task.Parameters.Select(parameter => parameter.Name)], parameters.Take(1 + task.Parameters.Count));
        Assert.Equal(task.MediaTypes, operation.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(type => type.Name));
        Assert.All(
            TaskEndpoint.Problems.Concat(task.Problems),
            kind => Assert.Contains(kind.Type, operation.GetProperty("responses").GetProperty($"{kind.Status}").ToString()));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Answers_as_its_documented_schema_says(string path, string model)
    {
        JsonElement schema = Operation(path).GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");

        JsonElement answer = await _client.PostAsync($"/api/v1/models/{model}/{path}", Body(path), Cancellation).Ok();

        AssertMatches(answer, schema, path);
    }

    [Fact]
    public async Task Computes_on_threads_for_that_where_it_says_that_it_computes()
    {
        var echo = (ServedEcho)TaskAt("echo");

        await _client.PostAsync("/api/v1/models/echo/echo", Body("echo"), Cancellation).Ok();

        Assert.Equal(2, echo.Threads.Count);
        Assert.All(echo.Threads, name => Assert.StartsWith("decoding #", name));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Refuses_the_models_of_other_tasks_and_says_where_they_are_served(string path, string model)
    {
        foreach ((string other, string foreign) in Paths.Select(each => each.Data).Where(each => each.Item1 != path))
        {
            JsonElement problem = await _client.PostAsync($"/api/v1/models/{foreign}/{path}", Body(path), Cancellation).Problem(ProblemKinds.WrongTask);

            Assert.EndsWith($"its path is /api/v1/models/{foreign}/{other}.", problem.Detail());
        }

        Assert.NotEmpty(model);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Refuses_parameters_that_it_does_not_take_before_it_reads_the_body(string path, string model)
    {
        JsonElement problem = await _client.PostAsync($"/api/v1/models/{model}/{path}?nonesuch=1", null, Cancellation).Problem(ProblemKinds.UnknownParameter);

        Assert.Equal(
            TaskAt(path).Parameters.Select(parameter => parameter.Name), problem.GetProperty("known").EnumerateArray().Select(name => name.GetString()!));
    }

    [Fact]
    public async Task Answers_in_the_type_that_is_wanted_most()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/echo/echo") { Content = Body("echo") };
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("text/csv"));

        using HttpResponseMessage response = await _client.SendAsync(request, Cancellation);

        Assert.Equal("text/csv", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(4, (await response.Content.ReadAsStringAsync(Cancellation)).Split(',').Length);
    }

    private static HttpContent Body(string path) => path switch
    {
        "classify" or "reconstruct" => Calls.Bytes(Pictures.Png(Pictures.Grey(16, 16, 1), 16), "image/png"),
        "flow" => FlowServer.Noise(16, 16),
        "restore" => new MultipartFormDataContent { { Calls.Bytes(Pictures.Png(Pictures.Grey(16, 16, 1), 16), "image/png"), "image", "picture.png" } },
        "reason" => new StringContent("""{"input":"1101"}""", Encoding.UTF8, "application/json"),
        _ => Calls.Bytes(new byte[16], "application/octet-stream"),
    };

    private IServedTask TaskAt(string path) => _withEcho.Services.GetRequiredService<ServedTasks>().All.Single(task => task.Path == path);

    private JsonElement Operation(string path) => _document.GetProperty("paths").GetProperty($"/api/v1/models/{{model}}/{path}").GetProperty("post");

    /// <summary>Every member is documented, and every member that is documented as required is there.</summary>
    private void AssertMatches(JsonElement value, JsonElement schema, string place)
    {
        if (schema.TryGetProperty("$ref", out JsonElement name))
        {
            AssertMatches(value, _document.GetProperty("components").GetProperty("schemas").GetProperty(name.GetString()!.Split('/')[^1]), place);
        }
        else if (schema.TryGetProperty("oneOf", out JsonElement several))
        {
            AssertMatches(value, several[0], place);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            Assert.All(value.EnumerateArray(), item => AssertMatches(item, schema.GetProperty("items"), place));
        }
        else if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out JsonElement properties))
        {
            string[] required = schema.TryGetProperty("required", out JsonElement names) ? [.. names.EnumerateArray().Select(each => each.GetString()!)] : [];
            Assert.All(required, member => Assert.True(value.TryGetProperty(member, out _), $"{place} has no {member}."));
            foreach (JsonProperty member in value.EnumerateObject())
            {
                Assert.True(properties.TryGetProperty(member.Name, out JsonElement of), $"{place}.{member.Name} is not documented.");
                AssertMatches(member.Value, of, $"{place}.{member.Name}");
            }
        }
    }
}
