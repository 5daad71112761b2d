using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.FixedPoints;
using Deq.Testing;
using Deq.Testing.Models;

namespace Deq.Api.Specs.Solving;

public sealed class SolveGrantSpecs
{
    public static TheoryData<string> Solvers => [.. FixedPointMethods.Names];

    [Theory]
    [MemberData(nameof(Solvers))]
    public async Task Names_the_solver_to_use(string solver)
    {
        using var server = new Server();

        JsonElement answer = await server.CreateClient().Post($"?solver={solver}").Ok();

        Assert.Equal(solver, answer.Solve().GetProperty("solver").GetString());
        Assert.True(answer.Solve().GetProperty("converged").GetBoolean());
        Assert.Equal(["east", "west", "south", "north"], answer.Labels());
    }

    [Theory]
    [InlineData("top")]
    [InlineData("tolerance")]
    [InlineData("solver")]
    [InlineData("budget")]
    public async Task Of_an_empty_value_is_that_of_none(string name)
    {
        using var server = new Server();
        HttpClient client = server.CreateClient();

        JsonElement empty = await client.Post($"?{name}=").Ok();
        JsonElement none = await client.Post("").Ok();

        Assert.Equal(none.Labels(), empty.Labels());
        Assert.Equal(
            (none.Solve().GetProperty("tolerance").GetDouble(), none.Solve().GetProperty("solver").GetString()),
            (empty.Solve().GetProperty("tolerance").GetDouble(), empty.Solve().GetProperty("solver").GetString()));
    }

    [Fact]
    public async Task Spent_first_is_an_answer_that_says_so()
    {
        using var server = new Server();

        JsonElement answer = await server.CreateClient().Post("?maxEvaluations=2").Ok();

        Assert.False(answer.Solve().GetProperty("converged").GetBoolean());
        Assert.Equal("evaluations", answer.Solve().GetProperty("stop").GetString());
        Assert.Equal(2, answer.Solve().GetProperty("evaluations").GetInt32());
        Assert.Equal(1.0 / 3, answer.Solve().GetProperty("residual").GetDouble(), 1e-3);
        Assert.Equal("east", answer.Labels()[0]);
    }

    [Fact]
    public async Task Spent_first_is_422_with_the_report_when_convergence_is_required()
    {
        using var server = new Server();

        JsonElement problem = await server.CreateClient().Post("?maxEvaluations=2&requireConverged=true").Problem(ProblemKinds.NotConverged);

        Assert.Equal(2, problem.Solve().GetProperty("evaluations").GetInt32());
        Assert.False(problem.Solve().GetProperty("converged").GetBoolean());
        Assert.Contains("tolerance is 0.001", problem.Detail());
    }

    [Fact]
    public async Task Met_is_200_when_convergence_is_required()
    {
        using var server = new Server();

        JsonElement answer = await server.CreateClient().Post("?requireConverged=true").Ok();

        Assert.True(answer.Solve().GetProperty("converged").GetBoolean());
    }

    [Fact]
    public async Task Never_passes_the_limits_and_tells_what_was_asked_and_granted()
    {
        using var server = new Server(("Limits:DeadlineMs", "5000"));

        JsonElement answer = await server.CreateClient().Post("?maxEvaluations=201&tolerance=1e-9&deadlineMs=5001&top=5").Ok();

        (string?, double, double)[] clamped = [.. answer.Solve().GetProperty("clamped").EnumerateArray()
            .Select(each =>
                (each.GetProperty("parameter").GetString(), each.GetProperty("asked").GetDouble(), each.GetProperty("granted").GetDouble()))
            .OrderBy(each => each.Item1, StringComparer.Ordinal)];
        Assert.Equal([("deadlineMs", 5001, 5000), ("maxEvaluations", 201, 200), ("tolerance", 1e-9, 1e-6), ("top", 5, 4)], clamped);
        Assert.Equal(200, answer.Solve().GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
        Assert.Equal(5000, answer.Solve().GetProperty("budget").GetProperty("deadlineMs").GetInt32());
        Assert.Equal(1e-6, answer.Solve().GetProperty("tolerance").GetDouble());
        Assert.Equal(4, answer.Labels().Length);
    }

    [Fact]
    public async Task Holds_a_number_of_any_size()
    {
        using var server = new Server();

        JsonElement answer = await server.CreateClient().Post("?maxEvaluations=9999999999999").Ok();

        Assert.Equal(200, answer.Solve().GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
    }

    [Fact]
    public async Task Of_time_yields_the_best_iterate_so_far()
    {
        var clock = new SteppedClock();
        using var server = new Server(new LinearModel(4) { Slope = 0.99f, Evaluating = _ => clock.Advance(TimeSpan.FromMilliseconds(2)) }) { Clock = clock };

        JsonElement answer = await server.CreateClient().Post("?deadlineMs=20&maxEvaluations=200&tolerance=0.000001").Ok();

        Assert.Equal("deadline", answer.Solve().GetProperty("stop").GetString());
        Assert.InRange(answer.Solve().GetProperty("evaluations").GetInt32(), 1, 10);
        Assert.Equal(20, answer.Solve().GetProperty("budget").GetProperty("deadlineMs").GetInt32());
        Assert.Equal("east", answer.Labels()[0]);
    }

    [Fact]
    public async Task Is_each_image_s_own()
    {
        using var server = new Server();

        JsonElement answer = await server.CreateClient().Post("?maxEvaluations=3", Calls.Tensor("2,1,2,2", 0, 0, 0, 0, 1, 2, 3, 4)).Ok();

        JsonElement[] results = [.. answer.GetProperty("results").EnumerateArray()];
        Assert.Equal(1, results[0].Solve().GetProperty("evaluations").GetInt32());
        Assert.Equal("tolerance", results[0].Solve().GetProperty("stop").GetString());
        Assert.Equal(3, results[1].Solve().GetProperty("evaluations").GetInt32());
        Assert.Equal("evaluations", results[1].Solve().GetProperty("stop").GetString());
    }

    [Fact]
    public async Task Cannot_save_a_solve_without_a_finite_iterate()
    {
        using var server = new Server(new LinearModel(4) { Slope = float.NaN });

        JsonElement problem = await server.CreateClient().Post().Problem(ProblemKinds.Diverged);

        Assert.Equal("diverged", problem.Solve().GetProperty("stop").GetString());
        Assert.Equal(JsonValueKind.Null, problem.Solve().GetProperty("residual").ValueKind);
    }

    [Fact]
    public async Task Of_a_solve_that_diverges_later_ends_with_the_last_finite_iterate()
    {
        using var server = new Server(new LinearModel(4) { Slope = -1e5f });

        JsonElement answer = await server.CreateClient()
            .Post("?maxEvaluations=200&solver=picard", Calls.Tensor("1,2,2", 1e-3f, 4e-3f, 2e-3f, 3e-3f)).Ok();

        Assert.False(answer.Solve().GetProperty("converged").GetBoolean());
        Assert.Equal("diverged", answer.Solve().GetProperty("stop").GetString());
        Assert.All(
            answer.GetProperty("predictions").EnumerateArray(),
            each => Assert.True(double.IsFinite(each.GetProperty("probability").GetDouble())));
    }

    [Fact]
    public async Task Can_be_the_answer_s_own_rest()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();

        JsonElement rested = await client.Post("?tolerance=1e-6&untilStable=3").Ok();
        JsonElement whole = await client.Post("?tolerance=1e-6").Ok();

        Assert.Equal("stable", rested.Solve().GetProperty("stop").GetString());
        Assert.False(rested.Solve().GetProperty("converged").GetBoolean());
        Assert.Equal(3, rested.Solve().GetProperty("budget").GetProperty("untilStable").GetInt32());
        Assert.InRange(rested.Solve().GetProperty("evaluations").GetInt32(), 4, whole.Solve().GetProperty("evaluations").GetInt32() - 1);
        Assert.Equal(whole.Labels(), rested.Labels());
        Assert.Equal(JsonValueKind.Null, whole.Solve().GetProperty("budget").GetProperty("untilStable").ValueKind);
    }

    [Fact]
    public async Task Is_of_normal_priority_where_the_operator_allows_no_other()
    {
        using var server = new Server();

        JsonElement answer = await server.CreateClient().Post("?priority=high").Ok();

        Assert.Equal("normal", answer.Solve().GetProperty("priority").GetString());
    }

    [Fact]
    public async Task Is_told_with_what_was_spent_of_it_and_in_what_company()
    {
        using var server = new Server(("Engine:Threads", "1"), ("Engine:RowsPerThread", "4"), ("Limits:AllowHighPriority", "true"));

        JsonElement alone = await server.CreateClient().Post("?priority=high").Ok();
        JsonElement together = await server.CreateClient().Post("?maxEvaluations=3", Calls.Tensor("4,1,2,2", [.. Enumerable.Range(1, 16)])).Ok();

        JsonElement solve = alone.Solve();
        Assert.Equal("high", solve.GetProperty("priority").GetString());
        Assert.Equal(solve.GetProperty("evaluations").GetInt32(), solve.GetProperty("spent").GetProperty("evaluations").GetInt32());
        Assert.Equal(solve.GetProperty("spentMs").GetDouble(), solve.GetProperty("spent").GetProperty("ms").GetDouble());
        Assert.InRange(solve.GetProperty("queueMs").GetDouble(), 0, solve.GetProperty("spentMs").GetDouble());
        Assert.Equal(1, solve.GetProperty("batch").GetProperty("largest").GetInt32());
        JsonElement[] shares = [.. together.GetProperty("results").EnumerateArray().Select(result => result.Solve().GetProperty("batch"))];
        Assert.All(shares, share => Assert.InRange(
            share.GetProperty("mean").GetDouble(), share.GetProperty("smallest").GetInt32(), share.GetProperty("largest").GetInt32()));
        Assert.Contains(shares, share => share.GetProperty("largest").GetInt32() > 1);
        Assert.Equal("normal", together.GetProperty("results")[0].Solve().GetProperty("priority").GetString());
    }
}
