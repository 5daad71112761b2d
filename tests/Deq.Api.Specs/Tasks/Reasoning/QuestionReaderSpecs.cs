using System.Text.Json;
using Deq.Api.Tasks.Reasoning;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;

namespace Deq.Api.Specs.Tasks.Reasoning;

public sealed class QuestionReaderSpecs
{
    private const string Maze = "S  \n## \n  G";

    private static readonly ModelManifest s_maze =
        JsonSerializer.Deserialize<ModelManifest>(File.ReadAllBytes(Repository.Folder("models", "maze", ModelBundle.ManifestFile)), ModelManifest.Json)!;

    [Theory]
    [InlineData(4, 100, "It has 3 x 3 places; the model takes at least 4 along each side.")]
    [InlineData(1, 8, "It has 9 places; the model takes at most 8.")]
    public void Refuses_a_question_of_a_size_that_the_model_does_not_take(int leastSide, int mostPlaces, string reason)
    {
        QuestionReader reader = Reader(leastSide, mostPlaces);

        Assert.Equal(reason, Assert.Throws<TokenTextException>(() => reader.Read(Maze)).Message);
    }

    [Fact]
    public void Takes_the_smallest_and_the_largest() => Assert.Equal(9, Reader(leastSide: 3, mostPlaces: 9).Read(Maze).Grid.Count);

    private static QuestionReader Reader(int leastSide, int mostPlaces) => new(s_maze with
    {
        Input = s_maze.Input with { Sizes = s_maze.Input.Sizes! with { LeastSide = leastSide, MostPixels = mostPlaces } },
    });
}
