using System.Net;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Tasks.Reasoning;

public sealed class ReasonerSpecs : IDisposable
{
    private const string Sudoku = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    private const string Solution = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    private const string Maze = "#########\n#S      #\n####### #\n#       #\n# #######\n#      G#\n#########";

    private readonly ReasoningServer _server = new();
    private readonly HttpClient _client;

    public ReasonerSpecs() => _client = _server.CreateClient();

    [Fact]
    public async Task Solves_a_Sudoku_and_says_that_it_is_valid_and_settled()
    {
        JsonElement answer = await ReasoningServer.Post(_client, "sudoku", $$"""{"input":"{{Sudoku}}"}""").Ok();

        JsonElement result = answer.GetProperty("result");
        Assert.Equal(Solution, result.GetProperty("answer").GetString());
        Assert.True(result.GetProperty("valid").GetBoolean());
        Assert.True(result.GetProperty("settled").GetBoolean());
        Assert.Equal("medium", result.GetProperty("effort").GetString());
        Assert.Equal(81, result.GetProperty("confidence").GetArrayLength());
    }

    [Fact]
    public async Task Takes_plain_text_with_fields_in_the_query_and_answers_in_the_same_form()
    {
        JsonElement answer = await ReasoningServer.Post(
            _client, "maze", new StringContent(Maze, Encoding.UTF8, "text/plain"), "?effort=high").Ok();

        JsonElement result = answer.GetProperty("result");
        Assert.Equal("#########\n#Soooooo#\n#######o#\n#ooooooo#\n#o#######\n#ooooooG#\n#########", result.GetProperty("answer").GetString());
        Assert.Equal("high", result.GetProperty("effort").GetString());
    }

    [Fact]
    public async Task Takes_numbers_as_one_list_or_as_rows_and_answers_in_the_same_form()
    {
        JsonElement list = await ReasoningServer.Post(_client, "prefix-sum", """{"input":[1,1,0,1]}""").Ok();
        JsonElement rows = await ReasoningServer.Post(_client, "prefix-sum", """{"inputs":[[[1,1,0,1]],"11"]}""").Ok();

        Assert.Equal("[1,0,0,1]", list.GetProperty("result").GetProperty("answer").GetRawText());
        Assert.Equal("[[1,0,0,1]]", rows.GetProperty("results")[0].GetProperty("answer").GetRawText());
        Assert.Equal("10", rows.GetProperty("results")[1].GetProperty("answer").GetString());
    }

    [Fact]
    public async Task The_budget_follows_the_length_unless_the_request_says_otherwise()
    {
        string bits = new([.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? '1' : '0')]);

        JsonElement result = (await ReasoningServer.Post(_client, "prefix-sum", $$"""{"input":"{{bits}}"}""").Ok()).GetProperty("result");
        JsonElement few = (await ReasoningServer.Post(_client, "prefix-sum", $$"""{"input":"{{bits}}","maxEvaluations":3}""").Ok()).GetProperty("result");

        Assert.True(result.GetProperty("valid").GetBoolean());
        Assert.True(result.GetProperty("solve").GetProperty("budget").GetProperty("maxEvaluations").GetInt32() >= 100);
        Assert.Equal(3, few.GetProperty("solve").GetProperty("evaluations").GetInt32());
        Assert.False(few.GetProperty("settled").GetBoolean());
    }

    [Fact]
    public async Task Every_start_is_reported_and_where_all_finish_they_are_compared()
    {
        JsonElement result = (await ReasoningServer.Post(
            _client, "maze", JsonSerializer.Serialize(new { input = Maze, starts = 3, select = "majority", seed = 5 })).Ok()).GetProperty("result");

        Assert.Equal(3, result.GetProperty("starts").GetArrayLength());
        Assert.All(result.GetProperty("starts").EnumerateArray(), start => Assert.True(start.GetProperty("evaluations").GetInt32() >= 1));
        Assert.Equal(1, result.GetProperty("agreement").GetProperty("answers").GetDouble());
        Assert.True(result.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task The_first_start_that_settles_answers()
    {
        JsonElement result = (await ReasoningServer.Post(
            _client, "sudoku", $$"""{"input":"{{Sudoku}}","starts":4}""").Ok()).GetProperty("result");

        JsonElement chosen = result.GetProperty("starts")[result.GetProperty("chosen").GetInt32()];
        Assert.True(chosen.GetProperty("settled").GetBoolean());
        Assert.True(result.GetProperty("valid").GetBoolean());
    }

    [Theory]
    [InlineData("sudoku", """{"input":"55......."}""", "9 places")]
    [InlineData("maze", """{"input":"S #\n# "}""", "Line 2 has 2")]
    [InlineData("maze", """{"input":"S #\n#  "}""", "one S and one G")]
    [InlineData("prefix-sum", """{"input":"012"}""", "no token")]
    [InlineData("prefix-sum", """{"input":"01","effort":"huge"}""", "effort")]
    [InlineData("prefix-sum", """{"input":"01","starts":0}""", "starts")]
    public async Task Names_what_is_wrong_with_an_input_or_a_field(string model, string body, string expected)
    {
        JsonElement problem = await ReasoningServer.Post(_client, model, body).Problem(ProblemKinds.InvalidParameter);

        Assert.Contains(expected, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"effort":"low"}""")]
    [InlineData("""{"input":"01","inputs":["1"]}""")]
    [InlineData("""{"inputs":[]}""")]
    [InlineData("[1]")]
    [InlineData("{")]
    public async Task Refuses_a_body_without_exactly_one_kind_of_input(string body) =>
        await ReasoningServer.Post(_client, "prefix-sum", body).Problem(ProblemKinds.MalformedRequest);

    [Fact]
    public async Task Says_which_path_a_model_of_another_task_has()
    {
        JsonElement problem = await ReasoningServer.Post(_client, "tiny", """{"input":"01"}""").Problem(ProblemKinds.WrongTask);

        Assert.Contains("/classify", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describes_tokens_and_levels_of_effort_with_the_model()
    {
        JsonElement model = await _client.GetAsync("/api/v1/models/maze", TestContext.Current.CancellationToken).Ok();

        JsonElement reasoning = model.GetProperty("reasoning");
        Assert.Equal("# SGo", reasoning.GetProperty("characters").GetString());
        Assert.Equal(["minimal", "low", "medium", "high", "max"], reasoning.GetProperty("efforts").EnumerateArray().Select(level => level.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Streams_iterates_and_then_the_result()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/maze/reason")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { input = Maze }), Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("text/event-stream");

        using HttpResponseMessage response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        string events = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("event: iterate", events, StringComparison.Ordinal);
        Assert.Contains("event: result", events, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }
}
