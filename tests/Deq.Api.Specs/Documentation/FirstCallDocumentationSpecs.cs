using System.Text.Json;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Documentation;

public sealed class FirstCallDocumentationSpecs : IDisposable
{
    private readonly Server _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Names_each_parameter_of_an_operation_once()
    {
        foreach ((string place, JsonElement operation) in await Operations())
        {
            string[] names = [.. Parameters(operation).Select(parameter => parameter.GetProperty("name").GetString()!)];
            string[] fields = operation.TryGetProperty("requestBody", out JsonElement body) && body.GetProperty("content").TryGetProperty("multipart/form-data", out JsonElement form)
                ? [.. form.GetProperty("schema").GetProperty("properties").EnumerateObject().Select(field => field.Name)]
                : [];

            string[] all = [.. names, .. fields];
            Assert.True(all.Distinct(StringComparer.OrdinalIgnoreCase).Count() == all.Length, $"{place}: {string.Join(' ', all)}");
        }
    }

    [Fact]
    public async Task Gives_models_that_there_are_and_no_value_for_what_may_be_left_out()
    {
        JsonElement[] parameters = [.. (await Operations()).SelectMany(operation => Parameters(operation.Operation))];

        foreach (JsonElement parameter in parameters)
        {
            bool isRequired = parameter.TryGetProperty("required", out JsonElement required) && required.GetBoolean();
            Assert.True(isRequired || !parameter.TryGetProperty("example", out _), parameter.ToString());
        }

        JsonElement[] models = [.. parameters.Where(parameter => parameter.GetProperty("name").GetString() == "model" && parameter.TryGetProperty("example", out _))];
        Assert.NotEmpty(models);
        Assert.All(models, model => Assert.Equal(Server.Model, model.GetProperty("example").GetString()));
        Assert.All(models, model => Assert.Equal([Server.Model], Enum(model.GetProperty("schema"))));
    }

    [Fact]
    public async Task Lists_the_words_that_there_are()
    {
        JsonElement[] parameters = [.. (await Operations()).SelectMany(operation => Parameters(operation.Operation))];
        JsonElement report = (await Document()).GetProperty("components").GetProperty("schemas").GetProperty("SolveReport").GetProperty("properties");

        foreach ((string name, string word) in new[] { ("priority", "high"), ("solver", "broyden"), ("budget", "exact") })
        {
            Assert.All(
                parameters.Where(parameter => parameter.GetProperty("name").GetString() == name), parameter => Assert.Contains(word, Enum(parameter.GetProperty("schema"))));
        }

        Assert.Contains("stable", Enum(report.GetProperty("stop")));
        Assert.Contains("picard", Enum(report.GetProperty("solver")));
    }

    [Fact]
    public async Task Gives_a_model_that_can_be_loaded_anew_and_unloaded()
    {
        using var server = new LifecycleServer(("Models:AllowLoading", "true"));
        using HttpClient client = server.Client("manage");
        JsonElement paths = (await client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok()).GetProperty("paths");

        foreach (string path in new[] { "/v2/repository/models/{model}/load", "/v2/repository/models/{model}/unload" })
        {
            JsonElement model = Parameters(paths.GetProperty(path).GetProperty("post")).Single(parameter => parameter.GetProperty("name").GetString() == "model");

            using HttpResponseMessage response = await client.PostAsync(
                path.Replace("{model}", model.GetProperty("example").GetString(), StringComparison.Ordinal), null, Cancellation);

            Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        }
    }

    private static string[] Enum(JsonElement schema) => [.. schema.GetProperty("enum").EnumerateArray().Select(word => word.GetString()!)];

    private static JsonElement[] Parameters(JsonElement operation) =>
        operation.TryGetProperty("parameters", out JsonElement parameters) ? [.. parameters.EnumerateArray()] : [];

    private async Task<JsonElement> Document()
    {
        using HttpClient client = _server.CreateClient();
        return await client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok();
    }

    private async Task<(string Place, JsonElement Operation)[]> Operations() =>
    [
        .. (await Document()).GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => ($"{operation.Name} {path.Name}", operation.Value))),
    ];
}
