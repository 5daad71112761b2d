using System.Text.Json;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Tasks.Classification;

public sealed class TensorPayloadSpecs : IDisposable
{
    private readonly Server _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Answers_predictions_and_how_they_were_found()
    {
        JsonElement answer = await _server.CreateClient().Post("?top=3").Ok();

        Assert.Equal(["model", "version", "sha256", "predictions", "solve"], answer.EnumerateObject().Select(member => member.Name));
        Assert.Equal((Server.Model, "1.2.3", Server.Hash),
            (answer.GetProperty("model").GetString(), answer.GetProperty("version").GetString(), answer.GetProperty("sha256").GetString()));
        Assert.Equal(["east", "west", "south"], answer.Labels());
        Assert.Equal(1, answer.GetProperty("predictions")[0].GetProperty("index").GetInt32());
        Assert.Equal(
            Math.Exp(4) / (Math.Exp(1) + Math.Exp(2) + Math.Exp(3) + Math.Exp(4)),
            answer.GetProperty("predictions")[0].GetProperty("probability").GetDouble(),
            0.01);
        Assert.Equal(
            [
                "converged", "stop", "evaluations", "residual", "tolerance", "solver", "profile", "priority", "budget", "clamped", "spent", "spentMs",
                "queueMs", "batch", "warm",
            ],
            answer.Solve().EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Gives_the_model_s_defaults_to_a_request_that_asks_for_nothing()
    {
        JsonElement solve = (await _server.CreateClient().Post().Ok()).Solve();

        Assert.True(solve.GetProperty("converged").GetBoolean());
        Assert.Equal("tolerance", solve.GetProperty("stop").GetString());
        Assert.Equal("picard", solve.GetProperty("solver").GetString());
        Assert.Equal(1e-3, solve.GetProperty("tolerance").GetDouble());
        Assert.InRange(solve.GetProperty("residual").GetDouble(), 0, 1e-3);
        Assert.Equal(50, solve.GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
        Assert.Equal(30_000, solve.GetProperty("budget").GetProperty("deadlineMs").GetInt32());
        Assert.Empty(solve.GetProperty("clamped").EnumerateArray());
        Assert.False(solve.GetProperty("warm").GetBoolean());
        Assert.InRange(solve.GetProperty("queueMs").GetDouble(), 0, solve.GetProperty("spentMs").GetDouble());
    }
}
