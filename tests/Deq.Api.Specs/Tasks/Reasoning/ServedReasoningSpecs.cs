using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Tasks.Reasoning;

public sealed class ServedReasoningSpecs(ServedReasoningSpecs.Shared shared) : IClassFixture<ServedReasoningSpecs.Shared>
{
    private const string Sudoku = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    private const string Solution = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    private const string Maze = "#########\n#S      #\n####### #\n#       #\n# #######\n#      G#\n#########";

    /// <summary>No rule is broken by what is given, but both places that are left of the first row would need a 9: every answer is refused.</summary>
    private const string Unsolvable = "12345678..........9..............................................................";

    private readonly HttpClient _client = shared.Client;

    [Fact]
    public async Task Solves_a_Sudoku_and_says_that_it_is_valid_and_settled()
    {
        JsonElement result = await Ask("sudoku", new { input = Sudoku });

        Assert.Equal(Solution, result.GetProperty("answer").GetString());
        Assert.True(result.GetProperty("valid").GetBoolean());
        Assert.True(result.GetProperty("settled").GetBoolean());
        Assert.Equal(0, result.GetProperty("wrong").GetArrayLength());
        Assert.Equal("medium", result.GetProperty("effort").GetString());
        Assert.Equal(81, result.GetProperty("confidence").GetArrayLength());
        Assert.All(result.GetProperty("confidence").EnumerateArray(), share => Assert.InRange(share.GetDouble(), 0.1, 1));
    }

    [Fact]
    public async Task Marks_wrong_places_of_an_answer_that_has_not_settled()
    {
        JsonElement result = await Ask("sudoku", new { input = Sudoku, maxEvaluations = 1 });

        Assert.False(result.GetProperty("valid").GetBoolean());
        Assert.False(result.GetProperty("settled").GetBoolean());
        Assert.NotEqual(0, result.GetProperty("wrong").GetArrayLength());
        Assert.Equal("evaluations", result.GetProperty("solve").GetProperty("stop").GetString());
    }

    [Fact]
    public async Task Takes_plain_text_with_fields_in_the_query_and_answers_in_the_same_form()
    {
        JsonElement answer = await ReasoningServer.Post(_client, "maze", new StringContent(Maze + "\n", Encoding.UTF8, "text/plain"), "?effort=high").Ok();

        JsonElement result = answer.GetProperty("result");
        Assert.Equal("#########\n#Soooooo#\n#######o#\n#ooooooo#\n#o#######\n#ooooooG#\n#########", result.GetProperty("answer").GetString());
        Assert.Equal("high", result.GetProperty("effort").GetString());
    }

    [Fact]
    public async Task Takes_numbers_as_one_list_or_as_rows_and_answers_in_the_same_form()
    {
        JsonElement list = await Ask("prefix-sum", new { input = new[] { 1, 1, 0, 1 } });
        JsonElement several = await ReasoningServer.Post(_client, "prefix-sum", """{"inputs":[[[1,1,0,1]],"11"]}""").Ok();

        Assert.Equal("[1,0,0,1]", list.GetProperty("answer").GetRawText());
        Assert.Equal("[[1,0,0,1]]", several.GetProperty("results")[0].GetProperty("answer").GetRawText());
        Assert.Equal("10", several.GetProperty("results")[1].GetProperty("answer").GetString());
    }

    [Fact]
    public async Task Evaluations_follow_the_length_unless_the_request_says_otherwise()
    {
        string bits = new([.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? '1' : '0')]);

        JsonElement result = await Ask("prefix-sum", new { input = bits });
        JsonElement few = await Ask("prefix-sum", new { input = bits, maxEvaluations = 3 });

        Assert.True(result.GetProperty("valid").GetBoolean());
        Assert.Equal(16 + 90, result.GetProperty("solve").GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
        Assert.Equal(3, few.GetProperty("solve").GetProperty("evaluations").GetInt32());
        Assert.False(few.GetProperty("settled").GetBoolean());
    }

    [Fact]
    public async Task A_request_reports_what_it_was_clamped_to()
    {
        JsonElement result = await Ask("prefix-sum", new { input = "1011", maxEvaluations = 1_000_000, starts = 1000, select = "residual" });

        Assert.Equal(64, result.GetProperty("starts").GetArrayLength());
        Assert.Equal(
            """[{"parameter":"maxEvaluations","asked":1000000,"granted":40000},{"parameter":"starts","asked":1000,"granted":64}]""",
            result.GetProperty("solve").GetProperty("clamped").GetRawText());
    }

    [Fact]
    public async Task A_budget_profile_takes_the_place_of_the_levels_evaluations_and_tolerance()
    {
        JsonElement solve = (await Ask("prefix-sum", new { input = "1011", budget = "exact", effort = "low" })).GetProperty("solve");

        Assert.Equal("exact", solve.GetProperty("profile").GetString());
        Assert.Equal(1e-6, solve.GetProperty("tolerance").GetDouble(), 1e-12);
        Assert.Equal(40000, solve.GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
    }

    [Fact]
    public async Task Starts_that_all_run_to_their_end_are_compared()
    {
        JsonElement result = await Ask("maze", new { input = Maze, starts = 3, select = "majority", seed = 5 });

        JsonElement[] starts = [.. result.GetProperty("starts").EnumerateArray()];
        Assert.Equal(3, starts.Length);
        Assert.All(starts, start => Assert.Equal("tolerance", start.GetProperty("stop").GetString()));
        Assert.Equal(result.GetProperty("evaluations").GetInt32(), starts.Sum(start => start.GetProperty("evaluations").GetInt32()));
        Assert.Equal((1.0, 1.0), (result.GetProperty("agreement").GetProperty("answers").GetDouble(), result.GetProperty("agreement").GetProperty("tokens").GetDouble()));
        Assert.True(result.GetProperty("valid").GetBoolean());
        Assert.False(result.GetProperty("solve").GetProperty("warm").GetBoolean());
    }

    [Fact]
    public async Task The_first_start_that_settles_answers_and_ends_the_others()
    {
        JsonElement result = await Ask("sudoku", new { input = Sudoku, starts = 6 });

        JsonElement[] starts = [.. result.GetProperty("starts").EnumerateArray()];
        int chosen = result.GetProperty("chosen").GetInt32();
        Assert.Equal("tolerance", starts[chosen].GetProperty("stop").GetString());
        Assert.Contains(starts, start => start.GetProperty("stop").GetString() == "superseded");
        Assert.All(starts, start => Assert.True(start.GetProperty("settled").GetBoolean() == (start.GetProperty("stop").GetString() == "tolerance")));
        Assert.True(result.GetProperty("valid").GetBoolean());
    }

    [Theory]
    [InlineData("settled")]
    [InlineData("residual")]
    public async Task An_answer_at_rest_that_breaks_the_rules_is_refused_and_not_settled(string select)
    {
        JsonElement refused = await Ask("sudoku", new { input = Unsolvable, tolerance = 0.9, maxEvaluations = 10, select });

        JsonElement solve = refused.GetProperty("solve");
        Assert.False(refused.GetProperty("settled").GetBoolean());
        Assert.False(refused.GetProperty("valid").GetBoolean());
        Assert.Equal(("refused", false), (solve.GetProperty("stop").GetString(), solve.GetProperty("converged").GetBoolean()));
        Assert.InRange(solve.GetProperty("residual").GetDouble(), 0, 0.9);
        Assert.Equal(10, refused.GetProperty("evaluations").GetInt32());
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_starts()
    {
        object Body(int seed) => new { input = Sudoku, starts = 2, select = "residual", seed, maxEvaluations = 6 };

        double[] one = Residuals(await Ask("sudoku", Body(3)));
        double[] same = Residuals(await Ask("sudoku", Body(3)));
        double[] other = Residuals(await Ask("sudoku", Body(4)));

        // Not to the bit: a row is rounded differently beside others.
        Assert.All(one.Zip(same), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Contains(one.Zip(other), pair => Math.Abs(pair.First - pair.Second) > 1e-5);

        static double[] Residuals(JsonElement result) =>
            [.. result.GetProperty("starts").EnumerateArray().Select(start => start.GetProperty("residual").GetDouble())];
    }

    [Fact]
    public async Task Convergence_is_required_of_the_start_that_answers_alone()
    {
        await Ask("sudoku", new { input = Sudoku, starts = 4, requireConverged = true });
        JsonElement problem = await ReasoningServer.Post(_client, "sudoku", new { input = Sudoku, maxEvaluations = 2, starts = 4, requireConverged = true })
            .Problem(ProblemKinds.NotConverged);

        Assert.Contains("stopped by evaluations after 2", problem.Detail());
    }

    [Fact]
    public async Task Streams_iterates_and_then_the_result()
    {
        (string Type, JsonElement Data)[] events = await ReasoningServer.Events(_client, "sudoku", new { input = Sudoku });

        JsonElement last = events[^1].Data.GetProperty("result");
        JsonElement[] iterates = [.. events[..^1].Select(each => each.Data)];
        Assert.Equal("result", events[^1].Type);
        Assert.All(events[..^1], each => Assert.Equal("iterate", each.Type));
        Assert.Equal(last.GetProperty("evaluations").GetInt32(), iterates[^1].GetProperty("evaluations").GetInt32());
        Assert.Equal(Solution, iterates[^1].GetProperty("answer").GetString());
        Assert.NotEqual(0, iterates[0].GetProperty("wrong").GetArrayLength());
    }

    [Fact]
    public async Task Refuses_events_whose_iterates_could_not_wait_for_the_client()
    {
        using var server = new ReasoningServer(("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "65536"));
        using HttpClient client = server.CreateClient();
        object question = new { input = new string('1', 2048), maxEvaluations = 1 };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/prefix-sum/reason")
        {
            Content = new StringContent(JsonSerializer.Serialize(question), Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("text/event-stream");

        JsonElement answer = await ReasoningServer.Post(client, "prefix-sum", question).Ok();
        JsonElement problem = await client.SendAsync(request, TestContext.Current.CancellationToken).Problem(ProblemKinds.Overloaded);

        Assert.Equal(2048, answer.GetProperty("result").GetProperty("answer").GetString()!.Length);
        Assert.Equal(65_536, problem.GetProperty("limit").GetInt64());
    }

    [Fact]
    public async Task Shows_with_the_iterates_when_a_refused_answer_made_it_begin_again_and_says_how_often()
    {
        (string Type, JsonElement Data)[] events = await ReasoningServer.Events(_client, "sudoku", new { input = Unsolvable, tolerance = 0.3, maxEvaluations = 100 });

        JsonElement result = events[^1].Data.GetProperty("result");
        int[] begun = [.. events[..^1].Select(each => each.Data.TryGetProperty("restarts", out JsonElement restarts) ? restarts.GetInt32() : 0)];
        int made = result.GetProperty("solve").GetProperty("restarts").GetInt32();
        Assert.True(made > 0);
        Assert.Equal(begun.Order(), begun);
        Assert.Equal((0, made), (begun[0], begun[^1]));
        Assert.Equal(made, result.GetProperty("starts")[0].GetProperty("restarts").GetInt32());
        Assert.False(result.GetProperty("settled").GetBoolean());
        Assert.InRange(result.GetProperty("evaluations").GetInt32(), 1, 100);
    }

    [Fact]
    public async Task The_same_seed_begins_again_from_the_same_starts()
    {
        object Body(int seed) => new { input = Unsolvable, tolerance = 0.3, maxEvaluations = 100, seed };

        JsonElement one = await Ask("sudoku", Body(3));
        JsonElement same = await Ask("sudoku", Body(3));

        Assert.True(one.GetProperty("solve").GetProperty("restarts").GetInt32() > 0);
        Assert.Equal(one.GetProperty("solve").GetProperty("restarts").GetInt32(), same.GetProperty("solve").GetProperty("restarts").GetInt32());
        Assert.Equal(one.GetProperty("answer").GetString(), same.GetProperty("answer").GetString());
    }

    [Fact]
    public async Task Describes_tokens_and_levels_of_effort_with_the_model()
    {
        JsonElement model = await _client.GetAsync("/api/v1/models/maze", TestContext.Current.CancellationToken).Ok();

        JsonElement reasoning = model.GetProperty("sections").GetProperty("reasoning");
        Assert.Equal("# SGo", reasoning.GetProperty("characters").GetString());
        Assert.Equal(["minimal", "low", "medium", "high", "max"], reasoning.GetProperty("efforts").EnumerateArray().Select(level => level.GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("sudoku", """{"input":"55......."}""", "9 places")]
    [InlineData("sudoku", """{"input":"x3..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"}""", "'x', which is no token")]
    [InlineData("sudoku", """{"input":"55..7....6..19.....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"}""", "twice")]
    [InlineData("maze", """{"input":"S #\n# \nG  "}""", "Line 2 has 2")]
    [InlineData("maze", """{"input":"S #\n#  "}""", "one S and one G; this has 1 and 0")]
    [InlineData("maze", """{"input":"S S\n# G"}""", "this has 2 and 1")]
    [InlineData("maze", """{"input":"Soo\n  G"}""", "walls, open places, S and G")]
    [InlineData("maze", """{"input":""}""", "empty")]
    [InlineData("maze", """{"input":[[2,1],[3]]}""", "Row 2 has 1")]
    [InlineData("maze", """{"input":[[2,1],3]}""", "stands among rows")]
    [InlineData("maze", """{"input":"S x\n#?\n"}""", "Line 2, column 2 is '?'")]
    [InlineData("prefix-sum", """{"input":"012"}""", "column 3 is '2'")]
    [InlineData("prefix-sum", """{"input":[]}""", "empty")]
    [InlineData("prefix-sum", """{"input":[0,-1,7]}""", "column 2 is -1; tokens are 0 to 1. Row 1, column 3 is 7")]
    [InlineData("prefix-sum", """{"input":[0.5]}""", "0.5 is no token number")]
    [InlineData("prefix-sum", """{"input":["1"]}""", "no token number")]
    [InlineData("prefix-sum", """{"input":[99999999999]}""", "no token number")]
    [InlineData("prefix-sum", """{"input":[[0],[1]]}""", "one row")]
    [InlineData("prefix-sum", """{"input":7}""", "a text, a list")]
    [InlineData("prefix-sum", """{"input":null}""", "a text, a list")]
    [InlineData("prefix-sum", """{"input":{}}""", "a text, a list")]
    [InlineData("prefix-sum", """{"inputs":["01","2",[3]]}""", "inputs[1]: Line 1, column 1 is '2'")]
    public async Task Names_what_is_wrong_with_an_input(string model, string body, string expected)
    {
        JsonElement problem = await ReasoningServer.Post(_client, model, body).Problem(ProblemKinds.InvalidInput);

        Assert.Contains(expected, problem.Detail());
        Assert.NotEmpty(problem.GetProperty("errors").EnumerateObject());
    }

    [Fact]
    public async Task Names_every_input_at_fault_and_the_first_faults_of_each()
    {
        JsonElement problem = await ReasoningServer.Post(_client, "prefix-sum", """{"inputs":["01","2222222",[3]]}""").Problem(ProblemKinds.InvalidInput);

        Assert.Equal(["inputs[1]", "inputs[2]"], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
        Assert.EndsWith("There are 2 more.", problem.GetProperty("errors").GetProperty("inputs[1]")[0].GetString());
    }

    [Fact]
    public async Task Refuses_more_places_than_the_model_takes() => Assert.Contains(
        "at most 65536", (await ReasoningServer.Post(_client, "prefix-sum", new { input = new string('1', 65537) }).Problem(ProblemKinds.InvalidInput)).Detail());

    [Theory]
    [InlineData("effort", "huge")]
    [InlineData("effort", "Medium")]
    [InlineData("starts", "0")]
    [InlineData("starts", "-1")]
    [InlineData("starts", "two")]
    [InlineData("select", "average")]
    [InlineData("seed", "-1")]
    [InlineData("seed", "2147483648")]
    [InlineData("maxEvaluations", "0")]
    public async Task Names_a_field_without_an_acceptable_value(string field, string value)
    {
        JsonElement inBody = await ReasoningServer.Post(_client, "prefix-sum", $$"""{"input":"01","{{field}}":"{{value}}"}""").Problem(ProblemKinds.InvalidParameter);
        JsonElement inQuery = await ReasoningServer.Post(_client, "prefix-sum", """{"input":"01"}""", $"?{field}={value}").Problem(ProblemKinds.InvalidParameter);

        Assert.Equal(field, Assert.Single(inBody.GetProperty("errors").EnumerateObject()).Name);
        Assert.Contains(value, inQuery.Detail());
    }

    [Fact]
    public async Task Lists_every_field_at_fault_and_refuses_those_it_does_not_know_or_that_contradict()
    {
        JsonElement several = await ReasoningServer.Post(_client, "prefix-sum", """{"input":"01","effort":"x","starts":0,"tolerance":2}""").Problem(ProblemKinds.InvalidParameter);
        await ReasoningServer.Post(_client, "prefix-sum", """{"input":"01","top":1}""").Problem(ProblemKinds.UnknownParameter);
        await ReasoningServer.Post(_client, "prefix-sum", """{"input":"01","effort":"low"}""", "?effort=high").Problem(ProblemKinds.ConflictingParameter);
        await ReasoningServer.Post(_client, "prefix-sum", """{"input":"01","effort":null}""").Ok();

        Assert.Equal(["tolerance", "effort", "starts"], several.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Theory]
    [InlineData("""{"effort":"low"}""")]
    [InlineData("""{"input":"01","inputs":["1"]}""")]
    [InlineData("""{"input":"01","input":"1"}""")]
    [InlineData("""{"inputs":[]}""")]
    [InlineData("""{"inputs":"01"}""")]
    [InlineData("""{"input":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"input":{"\ud800":1}}""")]
    [InlineData("""{"input":"1","seed":{"\ud800":1}}""")]
    [InlineData("""{"input":"01","effort":"\ud800"}""")]
    [InlineData("""{"input":[[[[[[[[[[1]]]]]]]]]]}""")]
    [InlineData("[1]")]
    [InlineData("1")]
    [InlineData("{")]
    public async Task Refuses_a_body_that_is_no_object_with_one_kind_of_input(string body) =>
        await ReasoningServer.Post(_client, "prefix-sum", body).Problem(ProblemKinds.MalformedRequest);

    [Fact]
    public async Task Refuses_bodies_that_are_missing_of_another_type_or_too_many()
    {
        await ReasoningServer.Post(_client, "prefix-sum", new StringContent("", Encoding.UTF8, "text/plain")).Problem(ProblemKinds.MissingBody);
        await ReasoningServer.Post(_client, "prefix-sum", new StringContent("01", Encoding.UTF8, "text/csv")).Problem(ProblemKinds.UnsupportedMediaType);
        JsonElement many = await ReasoningServer.Post(_client, "prefix-sum", new { inputs = Enumerable.Repeat("1", 33) }).Problem(ProblemKinds.TooManyImages);

        Assert.Equal(32, many.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task Bounds_the_solves_of_one_request()
    {
        JsonElement answer = await ReasoningServer.Post(_client, "prefix-sum", new { inputs = Enumerable.Repeat("1", 32), starts = 8 }).Ok();

        Assert.All(answer.GetProperty("results").EnumerateArray(), result => Assert.Equal(4, result.GetProperty("starts").GetArrayLength()));
    }

    [Fact]
    public async Task Says_which_path_a_model_of_another_task_has()
    {
        JsonElement problem = await ReasoningServer.Post(_client, "tiny", """{"input":"01"}""").Problem(ProblemKinds.WrongTask);

        Assert.Contains("/classify", problem.Detail());
    }

    private async Task<JsonElement> Ask(string model, object body) => (await ReasoningServer.Post(_client, model, body).Ok()).GetProperty("result");

    /// <summary>One server for all of these specs; none changes it.</summary>
    public sealed class Shared : IDisposable
    {
        private readonly ReasoningServer _server = new();

        public Shared() => Client = _server.CreateClient();

        internal HttpClient Client { get; }

        public void Dispose()
        {
            Client.Dispose();
            _server.Dispose();
        }
    }
}
