using System.Text.Json;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;

namespace Deq.Runtime.Specs.Tasks.Reasoning;

public sealed class ReasoningRulesSpecs
{
    public static TheoryData<string, string> Breaches => new()
    {
        { "channels", "input has 3 channels" },
        { "size", "either height and width" },
        { "labels", "labels and state" },
        { "missing", "reasoning is missing" },
        { "layout", "reasoning.layout" },
        { "characters", "reasoning.characters" },
        { "alias", "reasoning.aliases" },
        { "answers", "reasoning.answers" },
        { "blanks", "reasoning.blanks" },
        { "checker", "reasoning.checker" },
        { "noise", "reasoning.startNoise" },
        { "names", "reasoning.efforts are" },
        { "starts", "0 starts" },
        { "tolerance", "tolerance 2" },
        { "evaluations", "0 evaluations" },
    };

    [Theory, MemberData(nameof(Breaches))]
    public void Names_each_breach_and_nothing_else(string breach, string expected)
    {
        string fault = Assert.Single(new ReasoningTask().Faults(Broken(breach)));

        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_level_s_budget_follows_the_places()
    {
        EffortLevel level = ReasoningContract.Of(Example()).Effort(EffortLevel.Default)!;

        Assert.Equal(16 + 13, level.EvaluationsFor(100));
        Assert.True(level.EvaluationsFor(int.MaxValue) > 0);
    }

    private static ModelManifest Broken(string breach)
    {
        ModelManifest manifest = Example();
        ReasoningContract reasoning = ReasoningContract.Of(manifest);
        EffortLevel[] efforts = [.. reasoning.Efforts];
        return breach switch
        {
            "channels" => manifest with { Input = manifest.Input with { Channels = 3, Mean = [0, 0, 0], Deviation = [1, 1, 1] } },
            "size" => manifest with { Input = manifest.Input with { Height = 9 } },
            "labels" => manifest with { Labels = ["a"] },
            "missing" => manifest with { Sections = null },
            "layout" => With(reasoning with { Layout = "cells" }),
            "characters" => With(reasoning with { Characters = "####o", Checker = null, Aliases = new Dictionary<string, int>() }),
            "alias" => With(reasoning with { Aliases = new Dictionary<string, int> { ["#"] = 1 } }),
            "answers" => With(reasoning with { Answers = [4] }),
            "blanks" => With(reasoning with { Blanks = [9] }),
            "checker" => With(reasoning with { Checker = "sudoku" }),
            "noise" => With(reasoning with { StartNoise = 0 }),
            "names" => With(reasoning with { Efforts = efforts[..4] }),
            "starts" => With(reasoning with { Efforts = [.. efforts[..4], efforts[4] with { Starts = 0 }] }),
            "tolerance" => With(reasoning with { Efforts = [.. efforts[..4], efforts[4] with { Tolerance = 2 }] }),
            _ => With(reasoning with { Efforts = [.. efforts[..4], efforts[4] with { Evaluations = 0 }] }),
        };

        ModelManifest With(ReasoningContract changed) => manifest with
        {
            Sections = new Dictionary<string, JsonElement> { [ReasoningContract.Section] = ModelManifest.Section(changed) },
        };
    }

    private static ModelManifest Example()
    {
        string text = File.ReadAllText(Repository.Folder("docs", "bundle-format.md"));
        return text.Split("```json\n")[1..].Select(part => JsonSerializer.Deserialize<ModelManifest>(part.Split("```")[0], ModelManifest.Json)!)
            .Single(manifest => manifest.Task == ReasoningTask.Id);
    }
}
