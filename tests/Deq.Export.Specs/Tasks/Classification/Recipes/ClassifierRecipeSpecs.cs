using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks.Classification.Recipes;

public sealed class ClassifierRecipeSpecs
{
    public static TheoryData<string> Names => new(Directory.EnumerateFiles(Folder(), "*.json").Select(path => Path.GetFileName(path)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Can_be_followed(string name)
    {
        ClassifierRecipe recipe = ClassifierRecipe.Read(Path.Combine(Folder(), name));

        Assert.Equal(Path.GetFileNameWithoutExtension(name), recipe.Name);
    }

    [Fact]
    public void And_the_one_in_the_documentation_can_be_followed()
    {
        string documentation = File.ReadAllText(Repository.Folder("docs", "recipes.md")).ReplaceLineEndings("\n");
        using TemporaryFolder folder = new();
        string example = documentation.Split("```json\n")[1].Split("```")[0];

        ClassifierRecipe recipe = ClassifierRecipe.Read(folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(example)));

        Assert.Equal("fashion-small", recipe.Name);
    }

    private static string Folder() => Repository.Folder("Deq.Export", "Tasks", "Classification", "Recipes");
}
