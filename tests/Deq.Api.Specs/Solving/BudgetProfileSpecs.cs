using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.Configuration;

namespace Deq.Api.Specs.Solving;

public sealed class BudgetProfileSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_derived_from_the_model_s_defaults_and_limits_and_listed_with_it()
    {
        using var server = new Server(("Limits:DeadlineMs", "7000"));

        JsonElement model = await server.CreateClient().GetAsync("/api/v1/models/linear", Cancellation).Ok();

        Assert.Equal(
            [
                new BudgetProfile("fast", "picard", 1e-2, 25, 7000, 3),
                new BudgetProfile("balanced", "picard", 1e-3, 50, 7000, null),
                new BudgetProfile("exact", "picard", 1e-6, 200, 7000, null),
            ],
            model.GetProperty("budgets").Deserialize<BudgetProfile[]>(JsonSerializerOptions.Web)!);
    }

    [Theory]
    [InlineData("fast", 1e-2, 25)]
    [InlineData("balanced", 1e-3, 50)]
    [InlineData("exact", 1e-6, 200)]
    public async Task Give_a_request_that_names_one_what_it_does_not_ask_for_itself(string profile, double tolerance, int evaluations)
    {
        using var server = new Server();

        JsonElement named = await server.CreateClient().Post($"?budget={profile}").Ok();
        JsonElement overridden = await server.CreateClient().Post($"?budget={profile}&maxEvaluations=7&untilStable=9&solver=anderson").Ok();

        JsonElement granted = named.Solve().GetProperty("budget");
        Assert.Equal(profile, named.Solve().GetProperty("profile").GetString());
        Assert.Equal(tolerance, granted.GetProperty("tolerance").GetDouble());
        Assert.Equal(evaluations, granted.GetProperty("maxEvaluations").GetInt32());
        Assert.Empty(named.Solve().GetProperty("clamped").EnumerateArray());
        granted = overridden.Solve().GetProperty("budget");
        Assert.Equal(profile, overridden.Solve().GetProperty("profile").GetString());
        Assert.Equal(tolerance, granted.GetProperty("tolerance").GetDouble());
        Assert.Equal(7, granted.GetProperty("maxEvaluations").GetInt32());
        Assert.Equal(9, granted.GetProperty("untilStable").GetInt32());
        Assert.Equal("anderson", overridden.Solve().GetProperty("solver").GetString());
    }

    [Fact]
    public async Task Do_not_touch_a_request_that_names_none()
    {
        using var server = new Server(("Budgets:linear:balanced:MaxEvaluations", "3"));

        JsonElement answer = await server.CreateClient().Post().Ok();

        Assert.Equal(JsonValueKind.Null, answer.Solve().GetProperty("profile").ValueKind);
        Assert.Equal(50, answer.Solve().GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
    }

    [Fact]
    public async Task Can_be_overridden_and_added_in_settings()
    {
        using var server = new Server(
            ("Budgets:linear:Fast:MaxEvaluations", "3"),
            ("Budgets:linear:fast:UntilStable", "0"),
            ("Budgets:LINEAR:night:Tolerance", "0.25"),
            ("Budgets:linear:night:Solver", "anderson"),
            ("Budgets:linear:night:DeadlineMs", "29000"));

        JsonElement fast = await server.CreateClient().Post("?budget=fast").Ok();
        JsonElement night = await server.CreateClient().Post("?budget=night").Ok();
        JsonElement unknown = await server.CreateClient().Post("?budget=day").Problem(ProblemKinds.InvalidParameter);

        Assert.Equal(3, fast.Solve().GetProperty("budget").GetProperty("maxEvaluations").GetInt32());
        Assert.Equal(JsonValueKind.Null, fast.Solve().GetProperty("budget").GetProperty("untilStable").ValueKind);
        Assert.Equal(1e-2, fast.Solve().GetProperty("tolerance").GetDouble());
        Assert.Equal(0.25, night.Solve().GetProperty("tolerance").GetDouble());
        Assert.Equal("anderson", night.Solve().GetProperty("solver").GetString());
        Assert.Equal(29_000, night.Solve().GetProperty("budget").GetProperty("deadlineMs").GetInt32());
        Assert.Equal("budget: 'day' is no budget profile of this model; there are fast, balanced, exact, night.", unknown.Detail());
    }

    [Fact]
    public void With_faults_keep_the_server_from_starting_and_are_all_listed()
    {
        using var server = new Server();
        var settings = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Budgets:linear:fast:MaxEvaluations"] = "201",
            ["Budgets:linear:exact:Tolerance"] = "1e-7",
            ["Budgets:lineal:fast:MaxEvaluations"] = "20",
        }).Build());

        StartupException refusal = Assert.Throws<StartupException>(() => new BudgetCatalog(server.Catalog, settings));

        Assert.Equal(
            [
                "Setting Budgets:linear:exact:Tolerance is 1E-07; the model allows no less than 1E-06.",
                "Setting Budgets:linear:fast:MaxEvaluations is 201; the model allows at most 200.",
                "Setting Budgets:lineal is for no model; there are linear.",
            ],
            refusal.Faults);
    }
}
