using Deq.Api.Models;
using Deq.Api.Settings;

namespace Deq.Api.Specs.Models;

public sealed class ModelFolderSpecs : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("deq-models-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Is_the_nearest_one_with_a_model_in_or_above_where_the_search_starts()
    {
        string models = Bundle("models");
        string place = Directory.CreateDirectory(Path.Combine(_root, "a", "b")).FullName;
        Directory.CreateDirectory(Path.Combine(_root, "a", "models", "unfinished"));

        string? found = ModelFolder.Find(null, [place]);

        Assert.Equal(models, found);
    }

    [Fact]
    public void Is_looked_for_in_the_places_in_their_order()
    {
        string second = Bundle("second/models");
        string first = Bundle("first/models");

        Assert.Equal(first, ModelFolder.Find(null, [Path.GetDirectoryName(first)!, Path.GetDirectoryName(second)!]));
        Assert.Equal(second, ModelFolder.Find(null, [Path.Combine(_root, "third"), Path.GetDirectoryName(second)!]));
    }

    [Fact]
    public void Is_the_one_that_is_set_even_if_another_is_near()
    {
        Bundle("models");
        string chosen = Bundle("chosen");

        Assert.Equal(chosen, ModelFolder.Find("chosen", [_root]));
        Assert.Equal(chosen, ModelFolder.Find(chosen, ["/"]));
    }

    [Theory]
    [InlineData(null, "Set Models:Directory")]
    [InlineData("nowhere", "nowhere")]
    public void Without_a_model_is_refused_in_clear_words(string? configured, string words)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => ModelFolder.Find(configured, [_root]));

        Assert.Contains(words, Assert.Single(refusal.Faults));
        Assert.Contains(_root, refusal.Message);
    }

    [Fact]
    public void May_be_empty_or_missing_where_models_come_from_elsewhere()
    {
        string empty = Directory.CreateDirectory(Path.Combine(_root, "empty")).FullName;

        Assert.Equal(empty, ModelFolder.Find("empty", [_root], mayBeEmpty: true));
        Assert.Null(ModelFolder.Find(null, [_root], mayBeEmpty: true));
        Assert.Throws<StartupException>(() => ModelFolder.Find("nowhere", [_root], mayBeEmpty: true));
        Assert.Empty(ModelFolder.BundlesIn(null));
    }

    private string Bundle(string folder)
    {
        string path = Path.Combine(_root, folder);
        Directory.CreateDirectory(Path.Combine(path, "tiny"));
        File.WriteAllText(Path.Combine(path, "tiny", "manifest.json"), "{}");
        return path;
    }
}
