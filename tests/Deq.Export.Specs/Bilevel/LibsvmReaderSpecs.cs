using System.Text;
using Deq.Export.Bilevel;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Bilevel;

public sealed class LibsvmReaderSpecs
{
    private const string Good = "-1 1:0.5 4:2 # a comment\n\n+1 2:-1e-3 \n-1\n";

    [Theory]
    [InlineData("rows.txt")]
    [InlineData("rows.gz")]
    public void Reads_labels_and_features_packed_or_not(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write(name, Encoding.UTF8.GetBytes(Good));

        LabelledRows rows = LibsvmReader.Read(path);

        double[] products = new double[3];
        rows.Features.Multiply([1, 10, 100, 1000], products);
        Assert.Equal([-1, 1, -1], rows.Labels);
        Assert.Equal((3, 4, 3), (rows.Features.Rows, rows.Features.Width, rows.Features.Entries));
        Assert.Equal([2000.5, -0.01, 0], products);
    }

    [Fact]
    public void Takes_the_larger_of_any_two_labels_for_the_positive_class()
    {
        using TemporaryFolder folder = new();

        LabelledRows rows = LibsvmReader.Read(folder.Write("rows", Encoding.UTF8.GetBytes("2 1:1\n1 1:1\n")));

        Assert.Equal([1, -1], rows.Labels);
    }

    [Theory]
    [InlineData("1 1:2\nx 1:2\n", "Line 2: \"x\" is not a label")]
    [InlineData("1 1:2\n-1 2\n", "Line 2: \"2\" is not index:value")]
    [InlineData("1 0:2\n", "Line 1: \"0:2\" is not index:value")]
    [InlineData("1 1:nan\n", "Line 1: \"1:nan\" is not index:value")]
    [InlineData("\n1 3:1 3:2\n", "Line 2: Index 3 follows 3")]
    [InlineData("1 1:1\n1 2:1\n", "1 different labels")]
    [InlineData("1 1:1\n2 2:1\n3 1:1\n", "3 different labels")]
    public void Names_the_line_that_will_not_do(string text, string fault)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("rows.txt", Encoding.UTF8.GetBytes(text));

        DatasetException thrown = Assert.Throws<DatasetException>(() => LibsvmReader.Read(path));

        Assert.Contains(fault, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(path, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_so_when_there_is_no_such_file_or_it_is_not_packed()
    {
        using TemporaryFolder folder = new();
        string damaged = folder.File("rows.gz");
        File.WriteAllBytes(damaged, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

        Assert.Contains("no such file", Assert.Throws<DatasetException>(() => LibsvmReader.Read("missing")).Message, StringComparison.Ordinal);
        Assert.Contains("unpacked", Assert.Throws<DatasetException>(() => LibsvmReader.Read(damaged)).Message, StringComparison.Ordinal);
    }
}
