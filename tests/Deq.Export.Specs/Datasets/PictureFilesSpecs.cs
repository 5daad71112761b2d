using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Datasets;

public sealed class PictureFilesSpecs
{
    [Fact]
    public void Are_found_in_any_case_of_letters_and_hidden_ones_left_out()
    {
        using TemporaryFolder folder = new();
        foreach (string name in (string[])["b.JPG", "a.png", "c.Jpeg", "d.webp", "._b.jpg", "notes.txt"])
        {
            folder.Write(name, [1]);
        }

        Assert.Equal(["a.png", "b.JPG", "c.Jpeg", "d.webp"], PictureFiles.In(folder.Path).Select(Path.GetFileName));
    }
}
