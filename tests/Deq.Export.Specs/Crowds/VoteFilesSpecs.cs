using System.Text;
using Deq.Export.Crowds;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Crowds;

public sealed class VoteFilesSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("task,worker,label\n1,ann,cat\n2,bob,dog\n")]
    [InlineData("Item, Label ,time,WORKER\r\n1,cat,9,ann\r\n2, dog ,,bob\r\n")]
    [InlineData("worker,item,label\nann,1,\"cat\"\n\nbob,2,dog")]
    public void Columns_are_found_by_name(string csv)
    {
        Assert.Equal([new("1", "ann", "cat"), new("2", "bob", "dog")], VoteFiles.Answers(Write("votes.csv", csv)));
    }

    [Fact]
    public void Quoted_names_may_hold_anything()
    {
        string path = Write("votes.csv", "task,worker,label\n\"a,\"\"b\"\"\",ann,\"two\nlines\"\n");

        Assert.Equal([new("a,\"b\"", "ann", "two\nlines")], VoteFiles.Answers(path));
    }

    [Fact]
    public void Peerannots_answers_are_read()
    {
        string path = Write("answers.json", """{"0": {"7": 3, "8": "cat"}, "1": {"7": 0}}""");

        Assert.Equal([new("0", "7", "3"), new("0", "8", "cat"), new("1", "7", "0")], VoteFiles.Answers(path));
    }

    [Theory]
    [InlineData("votes.csv", "task,worker\n1,ann\n", "no column label; its columns are task, worker")]
    [InlineData("votes.csv", "id,worker,label\n1,ann,x\n", "no column task or item")]
    [InlineData("votes.csv", "task,worker,label\n1,ann,x\n2,,y\n", "Line 3 has no worker")]
    [InlineData("votes.csv", "task,worker,label\n1,ann\n", "Line 2 has no label")]
    [InlineData("votes.csv", "task,worker,label\n", "no answers")]
    [InlineData("votes.csv", "", "empty")]
    [InlineData("votes.csv", "task,wor\"ker,label\n1,ann,x\n", "Line 1 is no CSV")]
    [InlineData("votes.csv", "task,worker,label\n1,a\"nn,x\n", "Line 2 is no CSV")]
    [InlineData("answers.json", "{\"0\": [1]}", "no JSON of the form")]
    [InlineData("answers.json", "{\"0\": {\"7\": null}}", "the label null")]
    [InlineData("answers.json", "{", "no JSON of the form")]
    public void A_file_that_will_not_do_says_why(string name, string text, string fault)
    {
        var refused = Assert.Throws<DatasetException>(() => VoteFiles.Answers(Write(name, text)));

        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truth_is_given_once()
    {
        Assert.Equal("b", VoteFiles.Gold(Write("gold.csv", "task,truth\n1,a\n2,b\n1,a\n"))["2"]);

        var refused = Assert.Throws<DatasetException>(() => VoteFiles.Gold(Write("gold.csv", "task,truth\n1,a\n1,b\n")));

        Assert.Contains("Task '1' has two truths, 'a' and 'b'", refused.Message, StringComparison.Ordinal);
    }

    private string Write(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));
}
