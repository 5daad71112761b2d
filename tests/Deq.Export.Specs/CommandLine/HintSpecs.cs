using Deq.Export.CommandLine;

namespace Deq.Export.Specs.CommandLine;

public sealed class HintSpecs
{
    [Theory]
    [InlineData("train", "train")]
    [InlineData("runs/my-model/best", "runs/my-model/best")]
    [InlineData("my images", "'my images'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    [InlineData("", "''")]
    public void Quotes_what_a_shell_would_change(string argument, string quoted) =>
        Assert.EndsWith(" " + quoted, Hint.Of(argument), StringComparison.Ordinal);

    [Fact]
    public void Begins_with_a_program_that_is_there()
    {
        string[] words = Hint.Of("train").Split(' ');

        Assert.Contains(words, word => File.Exists(word.Trim('\'')));
    }
}
