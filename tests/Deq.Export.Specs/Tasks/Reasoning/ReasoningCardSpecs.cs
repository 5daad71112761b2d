using Deq.Export.Tasks.Reasoning;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class ReasoningCardSpecs
{
    [Theory]
    [InlineData("prefix-sum")]
    [InlineData("a5-words")]
    public void Names_the_longest_input_of_the_recipe(string kind)
    {
        PuzzleRecipe[] puzzles = [new() { Kind = kind, Least = 4, Most = 24 }, new() { Kind = kind, Least = 4, Most = 8 }];

        Assert.Contains("at most 24 tokens", ReasoningCard.LimitsOf(puzzles), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_a_rating_chose_puzzles_where_one_did()
    {
        var any = new PuzzleRecipe { Kind = "sudoku", Least = 17, Most = 30 };

        Assert.DoesNotContain("A rating chose", ReasoningCard.TrainingOn([any]), StringComparison.Ordinal);
        Assert.Contains(
            "A rating chose those of 1 of 2 entries of the recipe: at least 2.5 guesses.",
            ReasoningCard.TrainingOn([any, any with { LeastGuesses = 2.5 }]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_a_control_as_it_was_trained()
    {
        ReasoningRecipe model = Recipe("recipe.json");
        ReasoningRecipe control = ReasoningRecipeReader.ReadControl(Repository.Folder("models", "prefix-sum", "control.json"));
        var log = new TrainingLog(File.ReadAllLines(Repository.Folder("models", "prefix-sum", "control.csv")));
        ReasoningRecipe other = control with
        {
            Puzzles = [control.Puzzles[0] with { Most = 12 }],
            Solve = control.Solve with { ZeroShare = 0.5, MostFree = 3, MostFreeAtFirst = 2 },
            Training = control.Training with { Steps = 9000 },
        };

        Assert.Contains(
            "trained on the same puzzles with one start, zero, and one depth, 4 evaluations (here), for 2000 steps;", ControlTable.Of(control, model, log, "here"), StringComparison.Ordinal);
        Assert.Contains(
            "trained on other puzzles with several starts, 50 % of them zero, and several depths, 4 to 7 evaluations (here), for 2000 steps;",
            ControlTable.Of(other, model, log, "here"),
            StringComparison.Ordinal);
    }

    private static ReasoningRecipe Recipe(string name) => ReasoningRecipeReader.Read(Repository.Folder("models", "prefix-sum", name));
}
