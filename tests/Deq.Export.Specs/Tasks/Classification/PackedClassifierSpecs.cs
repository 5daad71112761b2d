using System.Text;
using Deq.Export.CommandLine;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Packing;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;

namespace Deq.Export.Specs.Tasks.Classification;

public sealed class PackedClassifierSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Says_how_logits_become_flat_and_nothing_of_their_number()
    {
        CommandException refusal = Assert.Throws<CommandException>(
            () => ForeignTiny.PackAll(_folder, ForeignTiny.Cell(), ForeignTiny.DecoderOfPlanes(), "--labels", "circle,square,triangle,star", "--mean", "0.5", "--deviation", "0.25"));

        Assert.Contains("1 thing is in the way", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("logits is [B, 4, 1, 1]; one number per label, by .flatten(1) in the decoder, makes it [B, 4].", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("caf\u00e9\nsquare\ntriangle\nstar\n")]
    [InlineData("\u0089PNG\u00ff")]
    [InlineData("a\0\nb\0\nc\0\nd\0\n")]
    public void Refuses_a_file_of_labels_that_is_not_UTF_8_with_the_mend(string labels)
    {
        string file = _folder.Write("labels.txt", Encoding.Latin1.GetBytes(labels));

        CommandException refusal = Assert.Throws<CommandException>(() => Pack(file));

        Assert.Contains($"--labels: '{file}' is no text in UTF-8; save it as UTF-8", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("is no file", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("model")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Takes_a_file_of_labels_in_UTF_8_with_its_mark_and_without(bool hasMark)
    {
        string file = _folder.Write("labels.txt", [.. hasMark ? Encoding.UTF8.GetPreamble() : [], .. Encoding.UTF8.GetBytes("caf\u00e9\r\nsquare\n\ntriangle\nstar\n")]);

        Pack(file);

        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        Assert.Equal(["caf\u00e9", "square", "triangle", "star"], bundle.Manifest.Labels);
    }

    [Fact]
    public void Does_not_call_a_file_of_another_number_of_labels_no_file()
    {
        string file = _folder.Write("labels.txt", "circle\n"u8.ToArray());

        CommandException one = Assert.Throws<CommandException>(() => Pack(file));
        CommandException folder = Assert.Throws<CommandException>(() => Pack(_folder.Path));

        Assert.Contains("--labels has 1 names; the decoder gives 4 logits.", one.Message, StringComparison.Ordinal);
        Assert.Contains($"--labels has 1 names ('{_folder.Path}' is a folder); the decoder gives 4 logits.", folder.Message, StringComparison.Ordinal);
    }

    private void Pack(string labels) => ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--labels", labels, "--mean", "0.5", "--deviation", "0.25");
}
